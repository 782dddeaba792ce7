/**
 * Addresses of Web PubSub's REST API.
 *
 * @module
 */

/** The version of the API, which Microsoft's own clients name, too. */
const API_VERSION = "2024-12-01";

/** Values of a query by name; several under one name, none where there is nothing. */
export type Query = Readonly<
  Record<string, string | number | readonly string[] | undefined>
>;

/** A part of a path that somebody else has named. */
export interface Segment {
  /** What it is, for errors: `user`. */
  readonly what: string;
  /** Its name. */
  readonly name: string;
}

/**
 * Makes an address.
 *
 * @param endpoint The service, without a trailing slash.
 * @param path Fixed parts, and those that somebody has named.
 * @throws {TypeError} A name cannot be one.
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
  // As it goes over the wire, for it is signed.
  return new URL(`${endpoint}/${segments.join("/")}?${pairs.join("&")}`).href;
}

/**
 * Escapes a name. One that is empty or made of dots would make another path:
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
 * Checks the name of a hub.
 *
 * @throws {TypeError} It is none that Web PubSub takes.
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
