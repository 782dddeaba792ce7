// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * Sends one event, and says what became of it.
 *
 * @module
 */

import { decoderOf } from "../lib/events/message_codec.ts";
import { task } from "./_command.ts";
import type { DevClient } from "./deliveries/client.ts";
import type { KeptDelivery } from "./deliveries/delivery.ts";
import { activityLines, outcomeText } from "./deliveries/text.ts";
import {
  detailsOf,
  type EventAnswer,
  type EventClient,
} from "./event_client.ts";
import type { MadeEvent, SendableEvent } from "./event_source.ts";

/** Where events go, and who knows what becomes of them. */
export interface SendTarget {
  /** How they are sent. */
  readonly client: EventClient;
  /** Host and port of the service. */
  readonly address: string;
  /** `task dev` of this machine, whether it runs or not. */
  readonly dev: DevClient;
  /** Time for one event, in milliseconds. */
  readonly timeout: number;
}

/** An event to send. */
export interface EventToSend {
  /** Which one. */
  readonly event: SendableEvent;
  /** Its message. */
  readonly made: MadeEvent;
}

/** What came of sending an event. */
export interface Sent {
  /** What the service answered. */
  readonly answer: EventAnswer;
  /** What became of it, for each handler; empty where nobody tells. */
  readonly deliveries: readonly KeptDelivery[];
  /** Why, where nothing became of it. */
  readonly why: string;
}

/** Time for an event that is accepted before it is handled, in milliseconds. */
const HANDLING_TIME = 5_000;

/**
 * Sends an event by another way, whose answer does not wait for the handler, and prints
 * what became of it as far as `task dev` tells.
 *
 * @param send Sends it, and says whether it was accepted.
 * @returns The same.
 */
export async function sendAndWatch(
  send: () => Promise<boolean>,
  { dev, channel }: {
    /** `task dev` of this machine, whether it runs or not. */
    readonly dev: DevClient;
    /** The first part of the event's type. */
    readonly channel: string;
  },
): Promise<boolean> {
  const before = await dev.status();
  const isAccepted = await send();
  if (before?.state !== "running" || !isAccepted) return isAccepted;
  const end = Date.now() + HANDLING_TIME;
  let since = before.last;
  for (let wait = HANDLING_TIME; wait > 0; wait = end - Date.now()) {
    const notes = await dev.deliveries({ since, wait });
    const own = notes.filter(({ type }) => type.startsWith(`${channel}.`));
    if (own.length > 0) {
      sayOutcomes("", own);
      return isAccepted;
    }
    since = notes.at(-1)?.seq ?? since;
  }
  console.log(`Not handled within ${HANDLING_TIME / 1_000} s`);
  return isAccepted;
}

/** How long a note may be on its way once the event was answered, in milliseconds. */
const NOTE_TIME = 1_000;
/** Time in which notes of further handlers follow, in milliseconds. */
const FOLLOW_TIME = 50;

/** Sends an event, and asks `task dev` what became of it. */
export async function deliver(
  { event, made }: EventToSend,
  { client, dev, address, timeout }: SendTarget,
): Promise<Sent> {
  const before = await dev.status();
  const answer = await client.send(event.path, made.bytes, timeout);
  const isDevs = before?.state === "running" &&
    isLocal(address, before.grpcPort);
  const deliveries = isDevs && answer.status !== "UNIMPLEMENTED"
    ? await notesOf(dev, { since: before.last, event, made })
    : [];
  const state = before !== undefined && answer.isUnreached
    ? stateText(before)
    : undefined;
  return { answer, deliveries, why: state ?? detailsOf(answer, event.type) };
}

/**
 * Sends it, and prints status, time, outcome and why; below, what the handler asked of
 * AGS and what it published, as far as `task dev` runs the service and tells.
 *
 * @returns Whether it was answered OK.
 */
export async function sendOne(
  toSend: EventToSend,
  target: SendTarget,
): Promise<boolean> {
  const { answer, deliveries, why } = await deliver(toSend, target);
  const time = `${answer.status} in ${answer.milliseconds.toFixed(1)} ms`;
  if (deliveries.length > 0) sayOutcomes(`${time}: `, deliveries);
  else console.log(why === "" ? time : `${time}: ${why}`);
  if (answer.bytes.length > 0) {
    const decoded = decoderOf(toSend.event.response)(answer.bytes);
    console.log(`Answer ${JSON.stringify(decoded)}`);
  }
  return answer.status === "OK";
}

async function notesOf(
  dev: DevClient,
  { since, event, made }: {
    readonly since: number;
    readonly event: SendableEvent;
    readonly made: MadeEvent;
  },
): Promise<readonly KeptDelivery[]> {
  const wanted = {
    since,
    type: event.type,
    ...(made.id !== undefined && { id: made.id }),
  };
  const found = [...await dev.deliveries({ ...wanted, wait: NOTE_TIME })];
  for (let last = found.at(-1); last !== undefined;) {
    const more = await dev.deliveries({
      ...wanted,
      since: last.seq,
      wait: FOLLOW_TIME,
    });
    found.push(...more);
    last = more.at(-1);
  }
  return found;
}

/** One handler's outcome on a line with what is before it, several on one each. */
function sayOutcomes(
  before: string,
  deliveries: readonly KeptDelivery[],
): void {
  const [only, ...others] = deliveries;
  if (only === undefined) return;
  const now = Date.now();
  if (others.length === 0) {
    const text = `${before}${outcomeText(only, now)}`;
    console.log(text.slice(0, 1).toUpperCase() + text.slice(1));
    return print(activityLines(only), "  ");
  }
  if (before !== "") console.log(before.trimEnd());
  for (const each of deliveries) {
    console.log(`  ${each.handler}: ${outcomeText(each, now)}`);
    print(activityLines(each), "    ");
  }
}

function print(lines: readonly string[], indent: string): void {
  for (const line of lines) console.log(indent + line);
}

/** Whether an address is this machine's, at this port. */
function isLocal(address: string, port: number | undefined): boolean {
  const [, host, number] = /^(.*):(\d+)$/.exec(address) ?? [];
  return Number(number) === port &&
    /^(localhost|127\.0\.0\.1|\[::1\])$/.test(host ?? "");
}

/** Why the service of a `task dev` that runs takes no events. */
function stateText(
  { state, code }: { readonly state: string; readonly code?: number },
): string | undefined {
  switch (state) {
    case "ended":
      return `${
        task("dev")
      } runs, but its service has ended with code ${code}: ` +
        "its terminal says why. It starts again when a file changes";
    case "starting":
      return `${task("dev")} runs, and its service is starting: try again`;
    default:
      return undefined;
  }
}
