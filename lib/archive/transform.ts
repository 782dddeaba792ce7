/**
 * Transforms events before they are archived.
 *
 * @module
 */

/** An event in the archive: the outermost object of its JSON. */
export type ArchivedEvent = Readonly<Record<string, unknown>>;

/**
 * Transforms an event. Whole numbers beyond 2^53 are `bigint`, and are written
 * as numbers.
 *
 * It is called again with the same events after a crash and must then return
 * the same results; so it must depend only on the event, and be synchronous.
 *
 * @returns The event to archive; `undefined` to drop it.
 * @throws The original event goes to the error folder.
 */
export type Transform = (event: ArchivedEvent) => ArchivedEvent | undefined;

/**
 * The transform of the AWS sample: moves the client's id from `resources` to
 * `detail.accountNumber`.
 *
 * @throws {TypeError} The event has no `detail`, or no text in `resources`.
 */
export function moveClientId(event: ArchivedEvent): ArchivedEvent {
  const { detail, resources } = event;
  const clientId = Array.isArray(resources) ? resources[0] : undefined;
  const isObject = typeof detail === "object" && detail !== null &&
    !Array.isArray(detail);
  if (!isObject || typeof clientId !== "string") {
    throw new TypeError(
      "Event has no client id to move: expected an object in detail and a text in " +
        "resources",
    );
  }
  return {
    ...event,
    resources: [],
    detail: { ...detail, accountNumber: clientId },
  };
}
