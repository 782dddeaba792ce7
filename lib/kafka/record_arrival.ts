/**
 * How an event arrived that was read from a topic.
 *
 * @module
 */

import type { Arrival } from "../core/tracing.ts";
import type { StreamRecord } from "../eventstream/record.ts";

const decoder = new TextDecoder();

/** What an envelope says of the trace it belongs to. */
export interface EnvelopeTrace {
  /** The span, as the publisher's tracer writes it. */
  readonly spanContext?: unknown;
  /** The trace alone. */
  readonly traceId?: unknown;
}

/**
 * A record as an event's arrival. Its trace is what its headers say, or else what the
 * envelope does, in whichever form the publisher's tracer has.
 */
export class RecordArrival implements Arrival {
  /** The record as it was read. */
  readonly record: StreamRecord;
  readonly #trace: EnvelopeTrace;

  /**
   * Takes a record, and what its envelope says of its trace: of that, nothing is kept
   * while the event is handled.
   */
  constructor(record: StreamRecord, { spanContext, traceId }: EnvelopeTrace) {
    this.record = record;
    this.#trace = { spanContext, traceId };
  }

  /** It was read. */
  readonly kind = "message";

  /** The topic, with prefix. */
  get name(): string {
    return this.record.topic;
  }

  /** The value of a record's header; a trace's also from the envelope. */
  header(name: string): string | undefined {
    const { headers } = this.record;
    const found = headerOf(headers, name);
    if (found !== undefined || name !== "traceparent") return found;
    // Of two, the last to be read counts: B3 in the headers is all there is to say.
    const hasB3 = headers.some(([each]) => /^(b3|x-b3-traceid)$/i.test(each));
    return hasB3 ? undefined : traceparentOf(this.#trace);
  }
}

/** The value of a header, whatever the case of its name. */
export function headerOf(
  headers: StreamRecord["headers"],
  name: string,
): string | undefined {
  for (const [each, value] of headers) {
    if (each === name || each.toLowerCase() === name) {
      return decoder.decode(value);
    }
  }
  return undefined;
}

const TRACEPARENT = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/;
/** B3 in one header: trace, span, and what was decided. */
const B3 = /^([\da-f]{16}(?:[\da-f]{16})?)-([\da-f]{16})(?:-([01d]))?/;
/** Jaeger: trace, span, parent and flags; leading zeros may be missing. */
const JAEGER = /^([\da-f]{1,32}):([\da-f]{1,16}):[\da-f]{1,16}:([\da-f]{1,2})$/;
const TRACE_ID = /^([\da-f]{16}){1,2}$/;

/**
 * The envelope's trace in W3C's form. A trace without a span has the span that begins a
 * trace by B3's custom: the one whose id is the end of the trace's.
 */
export function traceparentOf(
  { spanContext, traceId }: EnvelopeTrace,
): string | undefined {
  if (typeof spanContext === "string" && spanContext.length <= 128) {
    const text = spanContext.toLowerCase();
    if (TRACEPARENT.test(text)) return text;
    const [, trace, span, sampled] = B3.exec(text) ?? [];
    if (trace !== undefined && span !== undefined) {
      return traceparent(trace, span, sampled !== "0");
    }
    const [, jaegerTrace, jaegerSpan, flags = "0"] = JAEGER.exec(text) ?? [];
    if (jaegerTrace !== undefined && jaegerSpan !== undefined) {
      return traceparent(
        jaegerTrace,
        jaegerSpan,
        parseInt(flags, 16) % 2 === 1,
      );
    }
  }
  if (typeof traceId !== "string") return undefined;
  const id = traceId.toLowerCase();
  return TRACE_ID.test(id) ? traceparent(id, id.slice(-16), true) : undefined;
}

function traceparent(trace: string, span: string, isSampled: boolean): string {
  const flags = isSampled ? "01" : "00";
  return `00-${trace.padStart(32, "0")}-${span.padStart(16, "0")}-${flags}`;
}
