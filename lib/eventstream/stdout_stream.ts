/**
 * An event stream that prints events, for use without a broker.
 *
 * @module
 */

import { outgoingAuditLog } from "./audit_log.ts";
import { nanoseconds } from "./clock.ts";
import { deadLetterParts } from "./dead_letter.ts";
import { encodeEvent } from "./encode_event.ts";
import { createLineWriter } from "../core/line_writer.ts";
import { DeliveryError, MissingArgumentError } from "./errors.ts";
import type { SendOptions } from "./publisher.ts";
import type { OutgoingRecord } from "./record.ts";
import type { EventStream, EventStreamOptions } from "./stream.ts";
import { goJson, goString } from "./go_json.ts";
import { newId } from "./names.ts";
import { endedSubscription } from "./none_stream.ts";
import type { PublishedEvent } from "./outgoing_event.ts";

const decoder = new TextDecoder();

/** Time limit for a confirmed line, in milliseconds. */
const TIMEOUT = 60_000;

/**
 * Creates an event stream that prints published events and receives none. If
 * standard output does not accept a line that nobody waits for, the line is
 * dropped.
 */
export function createStdoutStream(options: EventStreamOptions): EventStream {
  const { now = nanoseconds, publishTimeout = TIMEOUT } = options;
  const own = createLineWriter({ take: (bytes) => Deno.stdout.write(bytes) });
  const { output = own } = options;

  function write(line: string): void {
    output.write(`${line}\n`);
  }

  async function confirm(
    line: string,
    { signal, timeout = publishTimeout }: SendOptions = {},
  ): Promise<void> {
    const late = AbortSignal.timeout(Math.min(timeout, publishTimeout));
    const ending = signal === undefined
      ? late
      : AbortSignal.any([signal, late]);
    try {
      await output.confirm(`${line}\n`, ending);
    } catch (cause) {
      throw new DeliveryError("Line may not have been printed", { cause });
    }
  }

  function lineOf(event: PublishedEvent): string {
    if (event === undefined || event === null) {
      throw new MissingArgumentError("There is no event to publish");
    }
    const { id = newId(), name } = event;
    return decoder.decode(encodeEvent(event, { id, name, time: now() }));
  }

  /** A raw record has no event line: it is printed with its topic. */
  function recordLine(topic: string, record: OutgoingRecord): string {
    const headers = record.headers?.map(([name, value]) => [
      name,
      decoder.decode(value),
    ]);
    return goJson({ topic, headers, value: decoder.decode(record.value) });
  }

  return {
    publish: (event) => write(lineOf(event)),
    async publishSync(event, sendOptions) {
      await confirm(lineOf(event), sendOptions);
    },
    publishAuditLog(log) {
      const record = outgoingAuditLog(log, Number(now() / 1_000_000n));
      write(decoder.decode(record.value));
    },
    subscribe(subscription) {
      if (subscription === undefined || subscription === null) {
        throw new MissingArgumentError("There is nothing to subscribe to");
      }
      const { topic, eventName = "" } = subscription;
      for (const each of typeof topic === "string" ? [topic] : topic) {
        const time = new Temporal.Instant(now()).toString();
        write(
          `{"topic":${goString(each)},"name":${goString(eventName)},` +
            `"timestamp":${goString(time)},"version":1}`,
        );
      }
      return endedSubscription();
    },
    async sendRecord(topic, record, sendOptions) {
      await confirm(recordLine(topic, record), sendOptions);
    },
    async writeDeadLetter(letter) {
      const { topic, record, why } = deadLetterParts(letter);
      const headers = [...record.headers ?? [], ...why];
      await confirm(recordLine(topic, { ...record, headers }));
    },
    metadata: () => Promise.resolve([]),
    async [Symbol.asyncDispose]() {
      await own[Symbol.asyncDispose]();
    },
  };
}
