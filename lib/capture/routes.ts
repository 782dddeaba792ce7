/**
 * The doors by which players' events come: the endpoint itself, and AccelByte's Game
 * Telemetry call, for clients that have that.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { HttpProblem, type HttpRequest, type HttpRoute } from "../core/http.ts";
import type { MemoryBudget } from "../core/memory_budget.ts";
import type { Acceptor } from "./acceptor.ts";
import { type Authorizer, type Player, tokenOf } from "./player.ts";
import { type JsonBody, readJsonBody } from "./body.ts";
import type { EnvelopeOptions, SentEntry } from "./entry.ts";
import type { PlayerRate } from "./_player_rate.ts";
import { sentEntries, telemetryEntries } from "./_sent_entries.ts";
import { putEventsAnswer } from "./put_events.ts";

/** Options of {@linkcode captureRoutes}. */
export interface CaptureRoutesOptions {
  /** Says which player asks. */
  readonly authorize: Authorizer;
  /** Writes events down. */
  readonly acceptor: Acceptor;
  /** What each player may send. */
  readonly rate: PlayerRate;
  /** What bodies are counted in, once they are parsed. */
  readonly memory: MemoryBudget;
  /** Most events of a request. */
  readonly maxEntries: number;
  /** Most bytes of a request's events. */
  readonly maxBytes: number;
  /** What every envelope says. */
  readonly envelope: Pick<
    EnvelopeOptions,
    "detailType" | "account" | "region"
  >;
  /** Milliseconds since the epoch. @default {Date.now} */
  readonly now?: () => number;
}

/** `source` of a player's event. */
export const CLIENT_SOURCE = "clientevents";
/** The cookie in which AccelByte's SDKs send their token. */
const TOKEN_COOKIE = "access_token";
/** Most events of one call of Game Telemetry: SDKs collect them for a minute or so. */
const MAX_TELEMETRY = 1_000;

/** JSON in JSON is longer than itself: each quote has a backslash. */
const ESCAPED = 2;
/** What a request may have beside its events, in bytes. */
const AROUND = 4_096;

/** Makes the routes. */
export function captureRoutes(
  options: CaptureRoutesOptions,
): readonly HttpRoute[] {
  const { authorize, acceptor, rate, memory, maxEntries, maxBytes } = options;
  const { now = Date.now } = options;

  /** Reads a request of a player, who may send so much. */
  async function receive<T>(
    request: HttpRequest,
    { cookie, read }: {
      readonly cookie?: string;
      readonly read: (body: JsonBody) => readonly SentEntry[];
    },
    use: (entries: readonly SentEntry[], player: Player) => Promise<T>,
  ): Promise<T> {
    const player = await authorize(tokenOf(request.headers, cookie));
    const who = player.clientId === "" ? request.peer : player.clientId;
    // Before its body is read, which may be good for nothing.
    rate.take(who, 1);
    using body = await readJsonBody(request, {
      maxBytes: ESCAPED * maxBytes + AROUND,
      memory,
      types: JSON_TYPES,
    });
    const entries = read(body);
    checkSize(entries, maxBytes);
    rate.take(who, entries.length - 1);
    return await use(entries, player);
  }

  function envelopeOf({ clientId }: Player): EnvelopeOptions {
    return {
      ...options.envelope,
      source: CLIENT_SOURCE,
      resources: clientId === "" ? [] : [clientId],
      scope: clientId,
      time: now(),
      maxCost: memory.limit,
    };
  }

  return [
    {
      method: "POST",
      path: "/event",
      cors: true,
      handle: (request) =>
        receive(
          request,
          { read: (body) => sentEntries(body, maxEntries) },
          async (entries, player) =>
            putEventsAnswer(await acceptor.accept(entries, envelopeOf(player))),
        ),
    },
    {
      method: "POST",
      path: "/game-telemetry/v1/protected/events",
      cors: true,
      handle: (request) =>
        receive(
          request,
          {
            cookie: TOKEN_COOKIE,
            read: (body) => telemetryEntries(body, MAX_TELEMETRY),
          },
          async (entries, player) => {
            await acceptor.acceptAll(entries, envelopeOf(player));
            return { status: 204 };
          },
        ),
    },
  ];
}

const JSON_TYPES = ["application/json"];

function checkSize(entries: readonly SentEntry[], maxBytes: number): void {
  let size = 0;
  for (const { detail } of entries) size += Buffer.byteLength(detail);
  if (size > maxBytes) {
    throw new HttpProblem(413, `Events have more than ${maxBytes} bytes`);
  }
}
