/**
 * The endpoints for players' events: the capture endpoint, and AccelByte's Game
 * Telemetry call for clients that already use it.
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
  /** Identifies the player. */
  readonly authorize: Authorizer;
  /** Stores events. */
  readonly acceptor: Acceptor;
  /** The rate limit per player. */
  readonly rate: PlayerRate;
  /** The memory budget for parsed bodies. */
  readonly memory: MemoryBudget;
  /** The most events per request. */
  readonly maxEntries: number;
  /** The most bytes of a request's events. */
  readonly maxBytes: number;
  /** The fields of every envelope. */
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
/**
 * The most events of a Game Telemetry call: SDKs collect them for about a
 * minute.
 */
const MAX_TELEMETRY = 1_000;

/** JSON inside JSON is longer: each quote gets a backslash. */
const ESCAPED = 2;
/** The most bytes of a request besides its events. */
const AROUND = 4_096;

/** Creates the routes. */
export function captureRoutes(
  options: CaptureRoutesOptions,
): readonly HttpRoute[] {
  const { authorize, acceptor, rate, memory, maxEntries, maxBytes } = options;
  const { now = Date.now } = options;

  /** Reads a player's request, within the rate limit. */
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
    // Before the body is read, which may be useless.
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
