/**
 * Sends events as game clients do: `./task send clientEvents.<name>` and
 * `./task generate`.
 *
 * @module
 */

import type { Environment } from "../lib/config/parse.ts";
import { SETTINGS } from "../lib/config/table.ts";
import { task } from "./_command.ts";

/** Events could not be sent: the message says why, and what to do. */
export class ClientEventError extends Error {
  override name = "ClientEventError";
}

/** A batch's answer. */
export interface BatchAnswer {
  /** The HTTP status. */
  readonly status: number;
  /** What became of each event; empty unless the status is 200. */
  readonly entries: readonly EntryAnswer[];
  /** When to come back, in milliseconds, where the answer says so. */
  readonly retryAfter: number | undefined;
  /** From request to answer. */
  readonly milliseconds: number;
}

/** What became of an event. */
export interface EntryAnswer {
  readonly EventId?: string;
  readonly ErrorCode?: string;
  readonly ErrorMessage?: string;
}

/** The address of the running service's endpoint. */
export function endpointOf(env: Environment): string {
  const port = env.HTTP_PORT ?? SETTINGS.httpPort.default;
  const base = (env.BASE_PATH ?? "").replace(/\/$/, "");
  return `http://localhost:${port}${base}/event`;
}

/** Options of {@linkcode playerToken}. */
export interface PlayerTokenOptions {
  /** The name that the player logs in with. */
  readonly player: string;
  /** The player's password; the emulator takes any. @default {"password"} */
  readonly password?: string;
  /** Time for it, in milliseconds. @default {10000} */
  readonly timeout?: number;
}

/**
 * Logs a player in at AGS, or at its emulator.
 *
 * @returns The token; `undefined` where the service asks for none.
 * @throws {ClientEventError} The player may not log in, or tokens are another issuer's.
 */
export async function playerToken(
  env: Environment,
  { player, password = "password", timeout = 10_000 }: PlayerTokenOptions,
): Promise<string | undefined> {
  const auth = env.CLIENT_EVENTS_AUTH || "ags";
  if (auth === "none") return undefined;
  if (auth !== "ags") {
    throw new ClientEventError(
      `Tokens are those of ${auth} (CLIENT_EVENTS_AUTH): expected --token with one`,
    );
  }
  const url = `${env.AB_BASE_URL}/iam/v3/oauth/token`;
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: {
        authorization: `Basic ${
          btoa(`${env.AB_CLIENT_ID}:${env.AB_CLIENT_SECRET}`)
        }`,
      },
      body: new URLSearchParams({
        grant_type: "password",
        username: player,
        password,
      }),
      signal: AbortSignal.timeout(timeout),
    });
  } catch (cause) {
    throw new ClientEventError(
      `Nothing answers at ${env.AB_BASE_URL}: start the service with ${
        task("dev")
      }`,
      { cause },
    );
  }
  const body = await response.json().catch(() => undefined);
  const token = body?.access_token;
  if (response.ok && typeof token === "string") return token;
  throw new ClientEventError(
    `AGS let no player in (${response.status}): expected --token with a player's token`,
  );
}

/** Options of {@linkcode postBatch}. */
export interface PostBatchOptions {
  /** Where to. */
  readonly url: string;
  /** The player's token. */
  readonly token: string | undefined;
  /** Time for it, in milliseconds. @default {30000} */
  readonly timeout?: number;
}

/** An event as it is sent: JSON text, and an id of its own. */
export interface ClientEntry {
  readonly entry: string;
  readonly eventId?: string;
}

/**
 * Sends one batch.
 *
 * @throws {ClientEventError} Nobody answers.
 */
export async function postBatch(
  entries: readonly ClientEntry[],
  { url, token, timeout = 30_000 }: PostBatchOptions,
): Promise<BatchAnswer> {
  const start = performance.now();
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ entries }),
      signal: AbortSignal.timeout(timeout),
    });
    const text = await response.text();
    const retryAfter = Number(response.headers.get("retry-after") ?? NaN);
    return {
      status: response.status,
      entries: response.status === 200 ? JSON.parse(text).Entries : [],
      retryAfter: retryAfter >= 0 ? retryAfter * 1_000 : undefined,
      milliseconds: performance.now() - start,
    };
  } catch (cause) {
    throw new ClientEventError(
      `Nothing answers at ${url}: start the service with SOURCES that has clientEvents`,
      { cause },
    );
  }
}
