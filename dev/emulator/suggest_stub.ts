/**
 * Writes the stub that a request would need.
 *
 * @module
 */

/** An id as AGS makes them, with or without hyphens, or a number. */
const ID = /^(?:[\da-f]{32}|[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}|\d+)$/i;

/** Longest path that is repeated, in characters. */
const MAX_PATH = 500;

/**
 * An entry for `emulator/stubs.ts`. What looks like the namespace, a player or an id
 * becomes a name in braces: for the user to set right.
 */
export function suggestStub(
  method: string,
  path: string,
  namespace: string,
): string {
  let ids = 0;
  const segments = path.slice(0, MAX_PATH).split("/").map(
    (segment, index, all) => {
      const before = all[index - 1];
      if (segment === namespace && before === "namespaces") {
        return "{namespace}";
      }
      if (before === "users" && ID.test(segment)) return "{userId}";
      if (!ID.test(segment)) return segment;
      ids++;
      return ids === 1 ? "{id}" : `{id${ids}}`;
    },
  );
  return `  stub({
    method: ${JSON.stringify(method)},
    path: ${JSON.stringify(segments.join("/"))},
    answer: {},
  }),`;
}
