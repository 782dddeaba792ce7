/**
 * Delivers events to upstreams, as Web PubSub does.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import type { Connection } from "./connection.ts";
import type { Faults } from "./faults.ts";
import type { EventHandlerSettings } from "./options.ts";
import { Preflights, shown } from "./preflight.ts";

/** An event. */
export interface OutgoingEvent {
  /** What kind: it decides on `ce-type`. */
  readonly kind: "sys" | "user" | "gp";
  /** Its name, as it is sent. */
  readonly name: string;
  /** Its content type. */
  readonly contentType: string;
  /** Its body. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** What an upstream answered: 2xx. */
export interface UpstreamAnswer {
  /** The status. */
  readonly status: number;
  /** The headers. */
  readonly headers: Headers;
  /** The body. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An event was not handled. */
export class UpstreamFailure extends Error {
  override name = "UpstreamFailure";

  /** @param status What the upstream answered; 500 if it did not. */
  constructor(
    readonly status: number,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Options of {@linkcode Upstream}. */
export interface UpstreamOptions {
  /** The event handlers, the first that matches first. */
  readonly handlers: readonly EventHandlerSettings[];
  /** The host of the service. */
  readonly origin: string;
  /** The keys that sign. */
  readonly keys: readonly string[];
  /** Waits before an event is delivered again, in milliseconds. */
  readonly retryDelays: readonly number[];
  /** Time for an event, in milliseconds. */
  readonly timeout: number;
  /** What is to go wrong. */
  readonly faults: Faults;
  /** Gets a line for all that passes. */
  readonly print: (line: string) => void;
}

/** Largest answer, in bytes. */
const MAX_ANSWER = 16 * 1_024 * 1_024;

/** Delivers events. */
export class Upstream implements AsyncDisposable {
  readonly #options: UpstreamOptions;
  readonly #preflights: Preflights;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<unknown>>();

  /** Delivers nothing yet. */
  constructor(options: UpstreamOptions) {
    this.#options = options;
    const { origin, print } = options;
    const { signal } = this.#stop;
    this.#preflights = new Preflights({ origin, print, signal });
  }

  /**
   * Delivers an event, again where that helps.
   *
   * @param signal Ends it.
   * @returns The answer; `undefined` if nobody handles it.
   * @throws {UpstreamFailure} It was not handled.
   */
  async deliver(
    connection: Connection,
    event: OutgoingEvent,
    signal?: AbortSignal,
  ): Promise<UpstreamAnswer | undefined> {
    const handler = this.#options.handlers.find((each) =>
      matches(each, connection.hub, event)
    );
    if (handler === undefined) return undefined;
    const id = connection.nextEventId();
    const delivery = this.#deliverTo(handler, {
      connection,
      event,
      id,
      signal,
    });
    this.#running.add(delivery);
    try {
      return await delivery;
    } finally {
      this.#running.delete(delivery);
    }
  }

  /** Delivers an event that nobody waits for. */
  notify(connection: Connection, event: OutgoingEvent): void {
    this.deliver(connection, event).catch(() => {
      // It is in what was printed.
    });
  }

  /** Ends all that is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#running);
  }

  async #deliverTo(
    handler: EventHandlerSettings,
    delivery: Delivery,
  ): Promise<UpstreamAnswer> {
    const { connection: { hub }, event, signal } = delivery;
    const url = resolveUrl(handler.url, hub, event.name);
    const question = resolveUrl(handler.url, hub, "validate");
    if (!await this.#preflights.allows(question)) {
      throw new UpstreamFailure(500, "Upstream does not allow events");
    }
    // The same on each attempt.
    const requestId = crypto.randomUUID();
    const ends = AbortSignal.any([
      this.#stop.signal,
      AbortSignal.timeout(this.#options.timeout),
      ...(signal === undefined ? [] : [signal]),
    ]);
    for (let attempt = 0;; attempt++) {
      const answer = await this.#attempt({
        ...delivery,
        handler,
        url,
        requestId,
        ends,
      })
        .catch((cause) => {
          if (ends.aborted) {
            throw new UpstreamFailure(500, "Event has ended", { cause });
          }
          return new UpstreamFailure(500, "Upstream has not answered", {
            cause,
          });
        });
      const isFailure = answer instanceof UpstreamFailure;
      if (!isFailure && answer.status >= 200 && answer.status <= 299) {
        return answer;
      }
      const isTransient = isFailure || answer.status === 408 ||
        answer.status >= 500;
      const delay = this.#options.retryDelays[attempt];
      if (!isTransient || delay === undefined) {
        if (isFailure) throw answer;
        const text = `Upstream answered ${answer.status}`;
        throw new UpstreamFailure(answer.status, text);
      }
      await wait(delay, ends);
    }
  }

  async #attempt(attempt: Attempt): Promise<UpstreamAnswer> {
    const { connection, event, id, url } = attempt;
    const { faults, print } = this.#options;
    const label = `${connection.hub}/${connection.id} ${event.name} #${id}`;
    print(`→ ${label} POST ${shown(url)} ${preview(event)}`);
    const start = performance.now();
    try {
      const answer = await this.#post(attempt);
      const time = `${Math.round(performance.now() - start)} ms`;
      const type = answer.headers.get("content-type");
      print(
        `← ${label} ${answer.status} in ${time} ${
          preview({ ...answer, contentType: type })
        }`,
      );
      if (faults.take("deliverAgain", event.name)) {
        print(`! ${label} is delivered again although it was answered`);
        await this.#post(attempt).catch(() => undefined);
      }
      if (faults.take("loseAnswer", event.name)) {
        throw new TypeError("The answer was lost, as it was asked for");
      }
      return answer;
    } catch (error) {
      print(`✗ ${label} ${error instanceof Error ? error.message : error}`);
      throw error;
    }
  }

  async #post(attempt: Attempt): Promise<UpstreamAnswer> {
    const { connection, event, handler, url, ends } = attempt;
    const response = await fetch(url, {
      method: "POST",
      headers: [
        ...this.#headersOf(attempt),
        ...(handler.bearer === undefined ? [] : [
          ["authorization", `Bearer ${await handler.bearer()}`] as [
            string,
            string,
          ],
        ]),
      ],
      body: event.body,
      redirect: "manual",
      signal: ends,
    });
    const body = await readBody(response);
    const { status, headers, ok } = response;
    if (ok) keepCookies(connection, headers);
    return { status, headers, body };
  }

  #headersOf(
    { connection, event, id, requestId }: Attempt,
  ): [string, string][] {
    const { id: connectionId, hub, userId, subprotocol, state, cookies } =
      connection;
    const { origin, keys } = this.#options;
    const signature = keys.map((key) =>
      `sha256=${createHmac("sha256", key).update(connectionId).digest("hex")}`
    ).join(",");
    const isConnect = event.kind === "sys" && event.name === "connect";
    const optional: [string, string | undefined][] = [
      ["ce-userid", userId],
      // There is none before the connection is open.
      ["ce-subprotocol", isConnect ? undefined : subprotocol],
      ["ce-connectionstate", state],
      [
        "cookie",
        [...cookies].map((pair) => pair.join("=")).join("; ") || undefined,
      ],
    ];
    return [
      ["webhook-request-origin", origin],
      ["content-type", event.contentType],
      ["ce-specversion", "1.0"],
      ["ce-awpsversion", "1.0"],
      ["ce-type", `azure.webpubsub.${event.kind}.${event.name}`],
      ["ce-source", `/hubs/${hub}/client/${connectionId}`],
      ["ce-id", id],
      ["ce-time", `${new Date().toISOString().slice(0, 19)}Z`],
      ["ce-signature", signature],
      ["ce-connectionid", connectionId],
      ["ce-hub", hub],
      ["ce-eventname", event.name],
      ["x-ms-client-request-id", requestId],
      ...optional.flatMap(([name, value]): [string, string][] =>
        value === undefined ? [] : [[name, utf8(value)]]
      ),
    ];
  }
}

interface Delivery {
  readonly connection: Connection;
  readonly event: OutgoingEvent;
  readonly id: string;
  readonly signal: AbortSignal | undefined;
}

interface Attempt extends Delivery {
  readonly handler: EventHandlerSettings;
  readonly url: string;
  readonly requestId: string;
  readonly ends: AbortSignal;
}

/** Names compare in any case. */
function matches(
  handler: EventHandlerSettings,
  hub: string,
  { kind, name }: OutgoingEvent,
): boolean {
  if (handler.hub !== undefined && handler.hub.toLowerCase() !== hub) {
    return false;
  }
  const has = (names: readonly string[]) =>
    names.some((each) => each.toLowerCase() === name.toLowerCase());
  switch (kind) {
    case "sys":
      return has(
        handler.systemEvents ?? ["connect", "connected", "disconnected"],
      );
    case "gp":
      return has(handler.groupEvents ?? []);
    case "user": {
      const { userEvents = "*" } = handler;
      return userEvents === "*" || has(userEvents);
    }
  }
}

function resolveUrl(template: string, hub: string, event: string): string {
  return template.replaceAll("{hub}", encodeURIComponent(hub))
    .replaceAll("{event}", encodeURIComponent(event));
}

/** Bytes of UTF-8, one character each: as the Fetch standard takes a header. */
function utf8(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

async function readBody(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER) {
      throw new UpstreamFailure(500, "Answer has more than 16 MiB");
    }
    chunks.push(chunk);
  }
  return await new Blob(chunks).bytes();
}

function keepCookies(connection: Connection, headers: Headers): void {
  for (const cookie of headers.getSetCookie()) {
    const [pair = ""] = cookie.split(";");
    const cut = pair.indexOf("=");
    if (cut > 0) {
      connection.cookies.set(
        pair.slice(0, cut).trim(),
        pair.slice(cut + 1).trim(),
      );
    }
  }
}

/** The beginning of a body, if it can be read. */
function preview(
  { contentType, body }: {
    readonly contentType: string | null;
    readonly body: Uint8Array;
  },
): string {
  if (body.length === 0) return "";
  if (!/^(text\/|application\/json)/i.test(contentType ?? "")) {
    return `(${body.length} bytes)`;
  }
  const text = new TextDecoder().decode(body.subarray(0, 200));
  return JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"') +
    (body.length > 200 ? "…" : "");
}

async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const onAbort = () => resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", onAbort);
  if (signal.aborted) throw new UpstreamFailure(500, "Event has ended");
}
