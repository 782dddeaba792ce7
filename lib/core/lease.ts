/**
 * The claim that an event is run under, as what has effects sees it.
 *
 * @module
 */

/** A claim that is held for some time, and then somebody else's to take. */
export interface Lease {
  /**
   * Asked right before anything that is to happen once: a process may have stood
   * still since the last look, and another may be running the event by now. Looks at
   * the clock alone while the claim holds for long enough; otherwise asks the store.
   *
   * @returns Nothing, at once, or a promise where the store has to be asked.
   * @throws {ClaimError} The event is not, or not certainly, this run's any more. The
   * promise rejects with it.
   * @throws {DeadlineError} The event's time is up.
   * @throws The reason of the event's signal, where it has ended.
   */
  confirm(): Promise<void> | undefined;
}
