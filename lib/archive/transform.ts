/**
 * Changes events on their way into the archive.
 *
 * @module
 */

/** An event as the archive has it: the outermost object of its JSON. */
export type ArchivedEvent = Readonly<Record<string, unknown>>;

/**
 * Changes an event. Whole numbers beyond 2^53 are `bigint`, and are written as numbers.
 *
 * It is called again with the same events after a crash, and must then answer the same;
 * so it looks at nothing but the event, and waits for nothing.
 *
 * @returns What to archive; `undefined` to leave the event out.
 * @throws The event goes to the folder of errors, as it was.
 */
export type Transform = (event: ArchivedEvent) => ArchivedEvent | undefined;

/**
 * What the AWS sample's transform does: the client's id moves from `resources` to
 * `detail.accountNumber`.
 *
 * @throws {TypeError} The event has no `detail`, or nobody in `resources`.
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
