/**
 * The claim under which an event runs, as seen by code with side effects.
 *
 * @module
 */

/**
 * A claim that is held for a limited time; afterwards another run may take it.
 */
export interface Lease {
  /**
   * Confirms that the claim is still held. Called right before any side effect
   * that must happen once, because the process may have been paused and another
   * may be running the event. It only checks the clock while the claim is valid
   * for long enough; otherwise it asks the store.
   *
   * @returns Nothing, or a promise if the store has to be asked.
   * @throws {ClaimError} The event does not belong, or may not belong, to this
   * run any more. The promise rejects with it.
   * @throws {DeadlineError} The event's deadline has passed.
   * @throws The reason of the event's signal, if it has aborted.
   */
  confirm(): Promise<void> | undefined;
}
