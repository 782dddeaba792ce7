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
  const [only, ...others] = deliveries;
  if (only === undefined) {
    console.log(why === "" ? time : `${time}: ${why}`);
  } else if (others.length === 0) {
    console.log(`${time}: ${outcomeText(only, Date.now())}`);
    print(activityLines(only), "  ");
  } else {
    console.log(`${time}:`);
    for (const each of deliveries) {
      console.log(`  ${each.handler}: ${outcomeText(each, Date.now())}`);
      print(activityLines(each), "    ");
    }
  }
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
