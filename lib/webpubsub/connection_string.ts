/**
 * Connection strings, as the Azure portal shows them.
 *
 * @module
 */

/** Where a Web PubSub service is, and how to sign for it. */
export interface ConnectionString {
  /** The endpoint, with the port if there is one, without a trailing slash. */
  readonly endpoint: string;
  /** The endpoint's host in lower case, without the port. */
  readonly host: string;
  /** The access key. A secret. It looks like base64; its text itself is the key. */
  readonly accessKey: string;
}

/**
 * Reads `Endpoint=https://…;AccessKey=…;Version=1.0;`: parts in any order, their names
 * in any case, and `Port` if there is one.
 *
 * @throws {TypeError} A part is missing or not as wanted. The text is not quoted, for it
 * holds a key.
 */
export function parseConnectionString(text: string): ConnectionString {
  const parts = new Map<string, string>();
  for (const part of text.split(";")) {
    // Keys end in "=" themselves.
    const cut = part.indexOf("=");
    if (cut < 0) continue;
    parts.set(
      part.slice(0, cut).trim().toLowerCase(),
      part.slice(cut + 1).trim(),
    );
  }
  const endpoint = parts.get("endpoint");
  const accessKey = parts.get("accesskey");
  if (!endpoint) throw new TypeError(wanted('"Endpoint"'));
  if (!accessKey) throw new TypeError(wanted('"AccessKey"'));
  const url = URL.parse(
    /^[a-z]+:\/\//i.test(endpoint) ? endpoint : `https://${endpoint}`,
  );
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === "") {
    throw new TypeError(wanted('an http or https URL as "Endpoint"'));
  }
  const port = parts.get("port");
  if (port !== undefined && port !== "") {
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
      throw new TypeError(wanted('a number as "Port"'));
    }
    url.port = port;
  }
  return { endpoint: url.origin, host: url.hostname, accessKey };
}

function wanted(what: string): string {
  return `Cannot read a connection string: expected ${what} in it`;
}
