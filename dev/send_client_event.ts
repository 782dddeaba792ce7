// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task send clientEvents.<name>`: one event, or several, as a player sends them.
 *
 * @module
 */

import type { Environment } from "../lib/config/parse.ts";
import { exactJsonOf } from "../lib/core/exact_json.ts";
import {
  ClientEventError,
  endpointOf,
  playerToken,
  postBatch,
} from "./client_events.ts";
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
  const name = type.slice(type.indexOf(".") + 1);
  let isFine = true;
  for (let count = 0; count < repeat; count++) {
    const event: Record<string, unknown> = {
      eventType: name,
      schemaVersion: 1,
      data: { sample: "value" },
      ...(typeof json === "object" ? json : {}),
    };
    for (const assignment of sets) setPath(event, assignment);
    const { status, entries, milliseconds } = await postBatch(
      [{ entry: exactJsonOf(event) ?? "", eventId: agsId() }],
      { url, token, timeout },
    );
    const [entry] = entries;
    const what = entry?.EventId === undefined
      ? entry?.ErrorMessage ?? ""
      : `EventId ${entry.EventId}`;
    console.log(
      `${status} in ${milliseconds.toFixed(1)} ms${what && `: ${what}`}`,
    );
    isFine &&= entry?.EventId !== undefined;
  }
  return isFine;
}

/** Sets a field by its path: `data.page=7`. */
function setPath(target: Record<string, unknown>, assignment: string): void {
  const [, path = "", text = ""] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
  const names = path.split(".");
  const last = names.pop();
  if (last === undefined || last === "") {
    throw new ClientEventError(`--set is "${assignment}": expected path=value`);
  }
  let place = target;
  for (const name of names) {
    const next = place[name];
    const isObject = typeof next === "object" && next !== null;
    if (!isObject) Object.assign(place, { [name]: {} });
    place = place[name] as Record<string, unknown>;
  }
  place[last] = valueOf(text);
}

/** JSON where it is JSON, else the text. */
function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
