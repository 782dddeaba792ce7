// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task send webPubSub.…`: sends events as Azure Web PubSub does, through the
 * service's real HTTP port.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import type { Environment } from "../lib/config/parse.ts";
import { parseConnectionString } from "../lib/webpubsub/connection_string.ts";
import { upstreamUrl } from "./web_pubsub_settings.ts";

/** Options of {@linkcode sendWebPubSub}. */
export interface SendWebPubSubOptions {
  /** The event's key, such as `webPubSub.message@chat`. */
  readonly type: string;
  /** `path=value`, several. */
  readonly sets: readonly string[];
  /** The body as JSON; `undefined` without a file. */
  readonly json: unknown;
  /** The settings. */
  readonly env: Environment;
  /** How often, with another connection each time. */
  readonly repeat: number;
  /** Time for one event, in milliseconds. */
  readonly timeout: number;
}

/** An event that cannot be sent: the message says what is expected. */
export class WebPubSubEventError extends Error {
  override name = "WebPubSubEventError";
}

/** What an event is sent with. */
interface Outgoing {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Whether a type is one of Web PubSub's. */
export function isWebPubSub(type: string): boolean {
  return type.startsWith("webPubSub.");
}

/**
 * Sends events, and prints how they were answered.
 *
 * @returns The exit code: 0 if all were answered 2xx.
 * @throws {WebPubSubEventError} There is no such event, or no key to sign it with.
 */
export async function sendWebPubSub(
  options: SendWebPubSubOptions,
): Promise<number> {
  const { env, repeat, timeout } = options;
  const url = upstreamUrl(env);
  const counts = new Map<number, number>();
  for (let count = 0; count < repeat; count++) {
    const { headers, body } = makeWebPubSubEvent(options);
    const start = performance.now();
    const response = await post(fill(url, headers), {
      headers,
      body,
      signal: AbortSignal.timeout(timeout),
    });
    const answer = await response.text();
    const { status } = response;
    counts.set(status, (counts.get(status) ?? 0) + 1);
    if (repeat > 1) continue;
    const time = (performance.now() - start).toFixed(1);
    console.log(`${status} ${response.statusText} in ${time} ms`);
    if (answer !== "") console.log(`Answer ${answer}`);
    const state = response.headers.get("ce-connectionstate");
    if (state !== null) {
      console.log(`State ${Buffer.from(state, "base64").toString()}`);
    }
  }
  if (repeat > 1) {
    for (const [status, count] of counts) console.log(`${count} × ${status}`);
  }
  return [...counts.keys()].every((status) => status < 300) ? 0 : 1;
}

/** @throws {WebPubSubEventError} Nobody answers. */
async function post(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, method: "POST" });
  } catch (cause) {
    throw new WebPubSubEventError(
      `Nobody answers at ${
        url.replace(/\?.*/, "")
      }: expected the service there, ` +
        "with SOURCES=grpc,webPubSub",
      { cause },
    );
  }
}

function fill(url: string, headers: Outgoing["headers"]): string {
  return url.replaceAll("{hub}", headers["ce-hub"] ?? "")
    .replaceAll("{event}", headers["ce-eventName"] ?? "");
}

/** Fields that headers carry. */
const HEADERS: Readonly<Record<string, string>> = {
  hub: "ce-hub",
  connectionId: "ce-connectionId",
  userId: "ce-userId",
  subprotocol: "ce-subprotocol",
  id: "ce-id",
  contentType: "Content-Type",
};

const KINDS: Readonly<Record<string, readonly [type: string, name: string]>> = {
  connect: ["sys.connect", "connect"],
  connected: ["sys.connected", "connected"],
  disconnected: ["sys.disconnected", "disconnected"],
  groupJoined: ["gp.joined", "joined"],
  groupLeft: ["gp.left", "left"],
};

/**
 * Makes an event.
 *
 * @throws {WebPubSubEventError} There is no such event, or no key to sign it with.
 */
export function makeWebPubSubEvent(
  { type, sets, json, env }: Pick<
    SendWebPubSubOptions,
    "type" | "sets" | "json" | "env"
  >,
): Outgoing {
  const [key = "", hub = "chat"] = type.split("@");
  const name = key.slice("webPubSub.".length);
  const userEvent = name === "message"
    ? name
    : name.startsWith("user.")
    ? name.slice("user.".length)
    : undefined;
  const kind = userEvent === undefined
    ? KINDS[name]
    : [`user.${userEvent}`, userEvent] as const;
  if (kind === undefined || userEvent === "" || userEvent === "*") {
    throw new WebPubSubEventError(
      `Event "${type}" does not exist: expected webPubSub.message, ` +
        `webPubSub.user.<name>, or webPubSub. and ${
          Object.keys(KINDS).join(", ")
        }`,
    );
  }
  const { host, accessKey } = keyOf(env);
  const headers: Record<string, string> = {
    "ce-hub": hub,
    "ce-connectionId": `conn-${crypto.randomUUID()}`,
    "ce-id": "1",
    "Content-Type": userEvent === undefined || json !== undefined
      ? "application/json"
      : "text/plain; charset=utf-8",
  };
  let content = json ?? (userEvent === undefined ? {} : "Hello");
  for (const set of sets) {
    const cut = set.indexOf("=");
    const path = set.slice(0, Math.max(0, cut));
    const value = set.slice(cut + 1);
    const header = HEADERS[path];
    if (header !== undefined) headers[header] = value;
    else if (path === "content") content = value;
    else if (userEvent !== undefined || path === "") {
      throw new WebPubSubEventError(
        `Cannot set "${set}": expected content=…, or one of ` +
          Object.keys(HEADERS).join(", "),
      );
    } else content = withField(content, path.split("."), valueOf(path, value));
  }
  const id = headers["ce-connectionId"] ?? "";
  return {
    headers: {
      ...headers,
      "WebHook-Request-Origin": host,
      "ce-specversion": "1.0",
      "ce-awpsversion": "1.0",
      "ce-type": `azure.webpubsub.${kind[0]}`,
      "ce-eventName": kind[1],
      "ce-source": `/hubs/${headers["ce-hub"]}/client/${id}`,
      "ce-time": new Date().toISOString().replace(/\.\d+/, ""),
      "ce-signature": `sha256=${
        createHmac("sha256", accessKey).update(id).digest("hex")
      }`,
    },
    body: typeof content === "string" ? content : JSON.stringify(content),
  };
}

function keyOf({ WEBPUBSUB_CONNECTION_STRINGS: strings = "" }: Environment) {
  const [first] = strings.split(/[\s,]+/).filter(Boolean);
  if (first === undefined) {
    throw new WebPubSubEventError(
      "Events of Web PubSub cannot be signed: expected SOURCES with webPubSub, or " +
        "WEBPUBSUB_CONNECTION_STRINGS",
    );
  }
  return parseConnectionString(first);
}

/** Claims, queries and headers are lists; all else is text. */
function valueOf(path: string, value: string): unknown {
  if (/^(claims|query|headers)\./.test(path)) return [value];
  return path === "subprotocols" ? value.split(",") : value;
}

function withField(
  object: unknown,
  [name = "", ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  const fields = { ...Object(object) };
  fields[name] = rest.length === 0
    ? value
    : withField(fields[name], rest, value);
  return fields;
}
