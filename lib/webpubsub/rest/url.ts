/**
 * URLs of Web PubSub's REST API.
 *
 * @module
 */

/** The API version, which Microsoft's own clients use, too. */
const API_VERSION = "2024-12-01";

/** Query values by name; several per name, or none. */
export type Query = Readonly<
  Record<string, string | number | readonly string[] | undefined>
>;

/** A path segment with a name from outside. */
export interface Segment {
  /** Its kind, for error messages: `user`. */
  readonly what: string;
  /** Its name. */
  readonly name: string;
}

/**
 * Creates a URL.
 *
 * @param endpoint The service, without a trailing slash.
 * @param path Fixed segments, and those with names from outside.
 * @throws {TypeError} A name is invalid.
 */
export function apiUrl(
  endpoint: string,
  path: readonly (string | Segment)[],
  query: Query = {},
): string {
  const segments = path.map((part) =>
    typeof part === "string" ? part : encodeSegment(part)
  );
  const pairs = Object.entries({ "api-version": API_VERSION, ...query })
    .flatMap(([name, value]) =>
      value === undefined
        ? []
        : (Array.isArray(value) ? value : [value]).map((each) =>
          `${name}=${encodeURIComponent(each)}`
        )
    );
  // In its form on the wire, because it is signed.
  return new URL(`${endpoint}/${segments.join("/")}?${pairs.join("&")}`).href;
}

/**
 * Escapes a name. An empty one, or one of dots, would change the path:
 * `users/../:send` sends to everybody.
 */
export function encodeSegment({ what, name }: Segment): string {
  if (name === "" || name === "." || name === "..") {
    throw new TypeError(
      `Cannot call Web PubSub for the ${what} "${name}": expected a name`,
    );
  }
  return encodeURIComponent(name);
}

/**
 * Validates the name of a hub.
 *
 * @throws {TypeError} Web PubSub does not accept it.
 */
export function checkHub(name: string): string {
  if (!/^[A-Za-z][\w`,.[\]]{0,127}$/.test(name)) {
    throw new TypeError(
      `Cannot use the hub "${
        name.slice(0, 128)
      }": expected a letter, then at most ` +
        "127 letters, digits or any of _`,.[]",
    );
  }
  return name;
}
