/**
 * An event stream that prints: for looking at events without a broker.
 *
 * @module
 */

import { outgoingAuditLog } from "./audit_log.ts";
import { nanoseconds } from "./clock.ts";
import { deadLetterRecord } from "./dead_letter.ts";
import { encodeEvent } from "./encode_event.ts";
import { MissingArgumentError } from "./errors.ts";
import type { OutgoingRecord } from "./record.ts";
import type { EventStream, EventStreamOptions } from "./stream.ts";
import { goJson, goString } from "./go_json.ts";
import { newId } from "./names.ts";
import { endedSubscription } from "./none_stream.ts";
import type { PublishedEvent } from "./outgoing_event.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Makes an event stream that prints what is published, and hears of nothing. */
export function createStdoutStream(options: EventStreamOptions): EventStream {
  const { write = writeLine, now = nanoseconds } = options;

  function print(event: PublishedEvent): void {
    if (event === undefined || event === null) {
      throw new MissingArgumentError("There is no event to publish");
    }
    const { id = newId(), name } = event;
    write(decoder.decode(encodeEvent(event, { id, name, time: now() })));
  }

  /** What is no event has no line of its own kind: it shows where it would go. */
  function printRecord(topic: string, record: OutgoingRecord): void {
    const headers = record.headers?.map(([name, value]) => [
      name,
      decoder.decode(value),
    ]);
    write(goJson({ topic, headers, value: decoder.decode(record.value) }));
  }

  return {
    publish: print,
    publishSync: (event) => Promise.try(print, event),
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
    sendRecord: (topic, record) => Promise.try(printRecord, topic, record),
    writeDeadLetter(letter) {
      const { topic, record } = deadLetterRecord(letter);
      return Promise.try(printRecord, topic, record);
    },
    metadata: () => Promise.resolve([]),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function writeLine(line: string): void {
  let bytes = encoder.encode(`${line}\n`);
  while (bytes.length > 0) {
    bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  }
}
