// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task send clientEvents.<name>`: one event, or several, as a player sends them.
 *
 * @module
 */

import type { Environment } from "../lib/config/parse.ts";
import { endpointOf, playerToken, postBatch } from "./client_events.ts";
import { sampleOf } from "./client_event_sample.ts";
import { agsId } from "./sample.ts";

/** Options of {@linkcode sendClientEvent}. */
export interface SendClientEventOptions {
  /** The variables. */
  readonly env: Environment;
  /** The event's type: `clientEvents.<name>`. */
  readonly type: string;
  /** The event as a file has it; without one, a sample is made. */
  readonly json: unknown;
  /** `path=value` for each field to set. */
  readonly sets: readonly string[];
  /** How many. */
  readonly repeat: number;
  /** The endpoint. @default {that of the service here} */
  readonly address: string | undefined;
  /** The player's token. @default {AGS's, or the emulator's, of a sample player} */
  readonly token: string | undefined;
  /** Time for one, in milliseconds. */
  readonly timeout: number;
}

/**
 * Sends them, and prints what became of each.
 *
 * @returns Whether all were accepted.
 * @throws {ClientEventError} Nobody answers, or a field cannot be set.
 */
export async function sendClientEvent(
  options: SendClientEventOptions,
): Promise<boolean> {
  const { env, type, json, sets, repeat, address, timeout } = options;
  const url = address === undefined
    ? endpointOf(env)
    : /^https?:/.test(address)
    ? address
    : `http://${address}/event`;
  const token = options.token ??
    await playerToken(env, { player: "sample-player", timeout });
  let isFine = true;
  for (let count = 0; count < repeat; count++) {
    const entry = sampleOf(type, { json, sets });
    const { status, entries, milliseconds } = await postBatch(
      [{ entry, eventId: agsId() }],
      { url, token, timeout },
    );
    const [answer] = entries;
    const what = answer?.EventId === undefined
      ? answer?.ErrorMessage ?? ""
      : `EventId ${answer.EventId}`;
    console.log(
      `${status} in ${milliseconds.toFixed(1)} ms${what && `: ${what}`}`,
    );
    isFine &&= answer?.EventId !== undefined;
  }
  return isFine;
}
