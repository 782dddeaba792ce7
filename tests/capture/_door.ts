/**
 * The doors of client events on a real port, and what they write down.
 *
 * @module
 */

import type { HttpConfig } from "../../lib/config/http.ts";
import { createMemoryBudget } from "../../lib/core/memory_budget.ts";
import { type Append, createAcceptor } from "../../lib/capture/acceptor.ts";
import type { Authorizer } from "../../lib/capture/player.ts";
import { captureRoutes } from "../../lib/capture/routes.ts";
import { createPlayerRate } from "../../lib/capture/_player_rate.ts";
import type { HttpRoute } from "../../lib/core/http.ts";
import { startListener } from "../http/_listener.ts";

/** What a door says of an envelope. */
export interface Envelope {
  readonly id: string;
  readonly source: string;
  readonly resources: readonly string[];
  readonly time: string;
  readonly "detail-type": string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** The doors under test. */
export interface Door extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** What was written down, as text, oldest first. */
  readonly texts: readonly string[];
  /** The same, parsed. */
  readonly events: readonly Envelope[];
  /** Sends a body to `/event`. */
  post(body: BodyInit, headers?: HeadersInit): Promise<Response>;
  /** Sends entries to `/event`. */
  send(...entries: readonly unknown[]): Promise<Answer>;
}

/** PutEvents' answer. */
export interface Answer {
  readonly FailedEntryCount: number;
  readonly Entries: readonly {
    readonly EventId?: string;
    readonly ErrorCode?: string;
    readonly ErrorMessage?: string;
  }[];
}

/** Options of {@linkcode openDoor}. */
export interface DoorOptions {
  readonly authorize?: Authorizer;
  readonly append?: Append;
  readonly ratePerSecond?: number;
  readonly burst?: number;
  readonly maxBytes?: number;
  readonly memoryBytes?: number;
  readonly http?: Partial<HttpConfig>;
  readonly now?: () => number;
  readonly routes?: (
    parts: { readonly append: Append },
  ) => readonly HttpRoute[];
}

/** Opens the doors for player `p1`. */
export async function openDoor(options: DoorOptions = {}): Promise<Door> {
  const texts: string[] = [];
  const decoder = new TextDecoder();
  const append: Append = options.append ?? ((entries) => {
    texts.push(...entries.map((bytes) => decoder.decode(bytes)));
    return Promise.resolve();
  });
  const routes = options.routes?.({ append }) ?? captureRoutes({
    authorize: options.authorize ?? (() => ({ clientId: "p1" })),
    acceptor: createAcceptor({
      append,
      observer: { accepted() {}, repeated() {}, refused() {} },
    }),
    rate: createPlayerRate({
      perSecond: options.ratePerSecond ?? 0,
      burst: options.burst ?? 10,
    }),
    memory: createMemoryBudget(options.memoryBytes ?? 32 * 1024 * 1024),
    maxEntries: 10,
    maxBytes: options.maxBytes ?? 1_000_000,
    envelope: { detailType: "prod", account: "000000000000", region: "local" },
    ...(options.now && { now: options.now }),
  });
  const { listener, url, ...rest } = await startListener({
    routes,
    ...(options.http && { config: options.http }),
  });
  const post = (body: BodyInit, headers: HeadersInit = {}) =>
    fetch(`${url}/event`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers },
    });
  return {
    url,
    port: listener.port,
    texts,
    get events() {
      return texts.map((text): Envelope => JSON.parse(text));
    },
    post,
    async send(...entries) {
      const response = await post(JSON.stringify({ entries }));
      if (response.status !== 200) {
        throw new Error(`${response.status}: ${await response.text()}`);
      }
      return await response.json();
    },
    [Symbol.asyncDispose]: rest[Symbol.asyncDispose],
  };
}

/** An entry as the AWS sample's clients have it: JSON in JSON. */
export function entry(
  eventType: string,
  data: unknown = { page: 7 },
): { readonly entry: string } {
  return { entry: JSON.stringify({ eventType, schemaVersion: 2, data }) };
}
