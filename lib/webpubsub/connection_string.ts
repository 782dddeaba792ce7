/**
 * Parses connection strings, as shown by the Azure portal.
 *
 * @module
 */

/** The endpoint and key of a Web PubSub service. */
export interface ConnectionString {
  /** The endpoint, with the port if any, without a trailing slash. */
  readonly endpoint: string;
  /** The endpoint's host in lower case, without the port. */
  readonly host: string;
  /**
   * The access key. A secret. It looks like base64, but the text itself is the
   * key.
   */
  readonly accessKey: string;
}

/**
 * Parses `Endpoint=https://…;AccessKey=…;Version=1.0;`: parts in any order,
 * names in any case, and optionally `Port`.
 *
 * @throws {TypeError} A part is missing or invalid. The message does not quote
 * the text, which contains a key.
 */
export function parseConnectionString(text: string): ConnectionString {
  const parts = new Map<string, string>();
  for (const part of text.split(";")) {
    // Keys may end in "=".
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
