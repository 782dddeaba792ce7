/**
 * Delivers the user events of one connection one after the other.
 *
 * @module
 */

/** Most that wait. */
const MAX_WAITING = 1_000;

/** Tasks of one connection, in order. */
export class EventQueue {
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  /**
   * Runs a task after those before it.
   *
   * @returns Whether there was room for it.
   */
  push(task: () => Promise<void>): boolean {
    if (this.#waiting >= MAX_WAITING) return false;
    this.#waiting++;
    this.#last = this.#last.then(task).catch(() => {
      // A task tells its client itself.
    }).finally(() => this.#waiting--);
    return true;
  }
}
