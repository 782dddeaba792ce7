/**
 * HTTP by hand: what a well-behaved client cannot send.
 *
 * @module
 */

import { PATIENCE } from "../_support/patience.ts";

/** An answer, as it came. */
export interface RawResponse {
  readonly status: number;
  /** Header lines, names in lower case. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/**
 * Sends bytes and reads one answer to the end of the connection.
 *
 * @param port Where to, on loopback.
 * @param parts What is sent, in order.
 */
export async function exchange(
  port: number,
  ...parts: readonly (string | Uint8Array)[]
): Promise<RawResponse> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const guard = setTimeout(() => connection.close(), PATIENCE);
  try {
    const sending = send(connection, parts).catch(() => {});
    const response = parse(await readToEnd(connection));
    clearTimeout(guard);
    connection.close();
    await sending;
    return response;
  } finally {
    clearTimeout(guard);
  }
}

/** Header lines of a request, ready to send. */
export function head(
  line: string,
  headers: readonly (readonly [string, string])[],
): string {
  const lines = [["Host", "app.test"], ["Connection", "close"], ...headers]
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** The value of a header; fails if there are several. */
export function only(response: RawResponse, name: string): string | undefined {
  const values = response.headers.filter(([each]) => each === name);
  if (values.length > 1) throw new Error(`Several headers ${name}`);
  return values[0]?.[1];
}

async function send(
  connection: Deno.Conn,
  parts: readonly (string | Uint8Array)[],
): Promise<void> {
  for (const part of parts) {
    let rest = typeof part === "string"
      ? Uint8Array.from(part, (char) => char.charCodeAt(0))
      : part;
    while (rest.length > 0) rest = rest.subarray(await connection.write(rest));
  }
}

/** Until the peer closes, or a whole answer with its length has come. */
async function readToEnd(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(65_536);
  let text = "";
  while (true) {
    const count = await connection.read(buffer).catch(() => null);
    if (count === null) return text;
    text += String.fromCharCode(...buffer.subarray(0, count));
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1];
    const end = text.indexOf("\r\n\r\n");
    if (end >= 0 && length !== undefined) {
      if (text.length >= end + 4 + Number(length)) return text;
    }
  }
}

function parse(text: string): RawResponse {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) throw new Error(`No answer: ${text.slice(0, 200)}`);
  const [statusLine = "", ...lines] = text.slice(0, end).split("\r\n");
  return {
    status: Number(statusLine.split(" ")[1]),
    headers: lines.map((line) => {
      const cut = line.indexOf(":");
      return [line.slice(0, cut).toLowerCase(), line.slice(cut + 1).trim()];
    }),
    body: text.slice(end + 4),
  };
}
