/**
 * The arrival of an event that was read from a topic.
 *
 * @module
 */

import type { Arrival } from "../core/tracing.ts";
import type { StreamRecord } from "../eventstream/record.ts";

const decoder = new TextDecoder();

/** The trace fields of an envelope. */
export interface EnvelopeTrace {
  /** The span, in the publisher's format. */
  readonly spanContext?: unknown;
  /** The trace id alone. */
  readonly traceId?: unknown;
}

/**
 * A record as an event's arrival. Its trace comes from its headers, or else
 * from the envelope, in the format of the publisher's tracer.
 */
export class RecordArrival implements Arrival {
  /** The record as it was read. */
  readonly record: StreamRecord;
  readonly #trace: EnvelopeTrace;

  /**
   * Takes a record and its envelope's trace fields; the envelope is not kept in
   * memory while the event is handled.
   */
  constructor(record: StreamRecord, { spanContext, traceId }: EnvelopeTrace) {
    this.record = record;
    this.#trace = { spanContext, traceId };
  }

  /** It is a message. */
  readonly kind = "message";

  /** The topic, with prefix. */
  get name(): string {
    return this.record.topic;
  }

  /**
   * The value of a record's header; trace headers may come from the envelope.
   */
  header(name: string): string | undefined {
    const { headers } = this.record;
    const found = headerOf(headers, name);
    if (found !== undefined || name !== "traceparent") return found;
    // The format read last wins: B3 headers alone decide the trace.
    const hasB3 = headers.some(([each]) => /^(b3|x-b3-traceid)$/i.test(each));
    return hasB3 ? undefined : traceparentOf(this.#trace);
  }
}

/** The value of a header, ignoring the case of its name. */
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
/** B3 in one header: trace, span, and sampling decision. */
const B3 = /^([\da-f]{16}(?:[\da-f]{16})?)-([\da-f]{16})(?:-([01d]))?/;
/** Jaeger: trace, span, parent and flags; leading zeros may be missing. */
const JAEGER = /^([\da-f]{1,32}):([\da-f]{1,16}):[\da-f]{1,16}:([\da-f]{1,2})$/;
const TRACE_ID = /^([\da-f]{16}){1,2}$/;

/**
 * The envelope's trace in W3C format. For a trace id alone, the span id is the
 * end of the trace id, as B3 does for root spans.
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
