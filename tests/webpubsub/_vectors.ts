/**
 * Keys, signatures and requests that the tests share.
 *
 * @module
 */

import { createHmac } from "node:crypto";
import { Buffer } from "node:buffer";

/** A primary and a secondary key; they look like base64, and are not decoded. */
export const K1 = "cHJpbWFyeS1rZXktZm9yLXRlc3RzLTAwMDAwMDAwMDE=";
export const K2 = "c2Vjb25kYXJ5LWtleS1mb3ItdGVzdHMtMDAwMDAwMDI=";

/** HMAC of `conn-0001` under each key, from Python's `hmac`. */
export const H1 =
  "12dab4d3fda85f0a98b330e95abd33b8a0438624c09bbb8338899694067135be";
export const H2 =
  "b383cd47f7e9c0aa6751934852c03027f88ff26e8e4fb4c789eed1fd2ac224b7";

/** The host of the Web PubSub service. */
export const ORIGIN = "foo.webpubsub.azure.com";

/** A connection string of that service. */
export function connectionString(key: string, origin = ORIGIN): string {
  return `Endpoint=https://${origin};AccessKey=${key};Version=1.0;`;
}

/** Headers of a `connect`, as the service sends them. */
export const CONNECT: Readonly<Record<string, string>> = {
  "WebHook-Request-Origin": ORIGIN,
  "Content-Type": "application/json; charset=utf-8",
  "ce-specversion": "1.0",
  "ce-awpsversion": "1.0",
  "ce-type": "azure.webpubsub.sys.connect",
  "ce-source": "/hubs/chat/client/conn-0001",
  "ce-id": "0",
  "ce-time": "2021-01-01T00:00:00Z",
  "ce-signature": `sha256=${H1},sha256=${H2}`,
  "ce-connectionId": "conn-0001",
  "ce-hub": "chat",
  "ce-eventName": "connect",
};

/** Headers of an event that comes after it. */
export function after(
  type: string,
  name: string,
  contentType = "application/json",
): Readonly<Record<string, string>> {
  return {
    ...CONNECT,
    "Content-Type": contentType,
    "ce-type": type,
    "ce-eventName": name,
    "ce-id": "2",
    "ce-userId": "user1",
    "ce-connectionState": "eyJrZXkiOiJhIn0=",
  };
}

/** Headers of a text frame. */
export const MESSAGE = after(
  "azure.webpubsub.user.message",
  "message",
  "text/plain; charset=utf-8",
);

/** Headers of a user event. */
export function userEvent(
  name: string,
  contentType: string,
): Readonly<Record<string, string>> {
  return after(`azure.webpubsub.user.${name}`, name, contentType);
}

/** Headers of events that nobody waits for. */
export const CONNECTED = after("azure.webpubsub.sys.connected", "connected");
export const DISCONNECTED = after(
  "azure.webpubsub.sys.disconnected",
  "disconnected",
);
export const JOINED = after("azure.webpubsub.gp.joined", "joined");
export const LEFT = after("azure.webpubsub.gp.left", "left");

/** The body of a `connect`. */
export const CONNECT_BODY =
  '{"claims":{},"query":{"id":["u7"]},"headers":{},"subprotocols":["protocol1"],"clientCertificates":[]}';

/** Headers without some, whatever their case. */
export function without(
  headers: Readonly<Record<string, string>>,
  ...names: readonly string[]
): Readonly<Record<string, string>> {
  const unwanted = names.map((name) => name.toLowerCase());
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) =>
      !unwanted.includes(name.toLowerCase())
    ),
  );
}

/** One value of `ce-signature`. */
export function sign(connectionId: string, key = K1): string {
  const hmac = createHmac("sha256", Buffer.from(key, "utf8"));
  return `sha256=${hmac.update(connectionId, "utf8").digest("hex")}`;
}

/** A request with an event. */
export function post(
  headers: Readonly<Record<string, string>>,
  body: BodyInit = "",
  url = "http://app.test/upstream",
): Request {
  return new Request(url, { method: "POST", headers, body });
}

/** A log that keeps what it is told. */
export class RecordedLog {
  /** Messages and fields, in order. */
  readonly entries: {
    readonly level: "warn" | "error";
    readonly message: string;
    readonly fields: Readonly<Record<string, unknown>>;
  }[] = [];

  warn(message: string, fields: Readonly<Record<string, unknown>>): void {
    this.entries.push({ level: "warn", message, fields });
  }

  error(message: string, fields: Readonly<Record<string, unknown>>): void {
    this.entries.push({ level: "error", message, fields });
  }
}
