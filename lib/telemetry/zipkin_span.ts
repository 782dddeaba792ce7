/**
 * Converts spans to Zipkin's JSON, version 2, by OpenTelemetry's mapping.
 *
 * The SDK's own exporter omits the attributes of span events, and marks a span
 * as failed only if its status has a message.
 *
 * @module
 * @see {@link https://zipkin.io/zipkin-api/}
 * @see {@link https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/zipkin/}
 */

import {
  type Attributes,
  type HrTime,
  SpanKind,
  SpanStatusCode,
} from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";

/** A span in Zipkin's JSON. Times are in microseconds. */
export interface ZipkinSpan {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** The parent span. */
  readonly parentId?: string;
  /** The operation. */
  readonly name: string;
  /** Absent for work within the service. */
  readonly kind?: "CLIENT" | "SERVER" | "PRODUCER" | "CONSUMER";
  /** Its start, since the epoch. */
  readonly timestamp: number;
  /** Its duration: at least 1. */
  readonly duration: number;
  /** This service. */
  readonly localEndpoint: ZipkinEndpoint;
  /** The remote service. */
  readonly remoteEndpoint?: ZipkinEndpoint;
  /** Its attributes. */
  readonly tags: Readonly<Record<string, string>>;
  /** Its span events. */
  readonly annotations?: readonly {
    readonly timestamp: number;
    readonly value: string;
  }[];
}

/** A service, in Zipkin's JSON. */
export interface ZipkinEndpoint {
  /** Its name. */
  readonly serviceName: string;
}

const KINDS: Readonly<Record<SpanKind, ZipkinSpan["kind"]>> = {
  [SpanKind.INTERNAL]: undefined,
  [SpanKind.SERVER]: "SERVER",
  [SpanKind.CLIENT]: "CLIENT",
  [SpanKind.PRODUCER]: "PRODUCER",
  [SpanKind.CONSUMER]: "CONSUMER",
};

/** Zipkin has its own place for the service's name, so it is not a tag. */
const SERVICE_NAME = "service.name";

/** Converts a finished span to Zipkin's JSON. */
export function zipkinSpan(span: ReadableSpan): ZipkinSpan {
  const { traceId, spanId } = span.spanContext();
  const { attributes, resource, events, parentSpanContext } = span;
  const kind = KINDS[span.kind];
  const peer = attributes["server.address"];
  return {
    traceId,
    id: spanId,
    ...(parentSpanContext && { parentId: parentSpanContext.spanId }),
    name: span.name,
    ...(kind && { kind }),
    timestamp: microseconds(span.startTime),
    duration: Math.max(1, microseconds(span.duration)),
    localEndpoint: { serviceName: String(resource.attributes[SERVICE_NAME]) },
    ...(kind === "CLIENT" && peer !== undefined && {
      remoteEndpoint: { serviceName: String(peer) },
    }),
    tags: tagsOf(span),
    ...(events.length > 0 && {
      annotations: events.map(({ time, name, attributes }) => ({
        timestamp: microseconds(time),
        value: annotation(name, attributes),
      })),
    }),
  };
}

function tagsOf(span: ReadableSpan): Record<string, string> {
  const { attributes, resource, status } = span;
  const { [SERVICE_NAME]: _name, ...others } = resource.attributes;
  const tags: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...others, ...attributes })) {
    tags[name] = Array.isArray(value) ? JSON.stringify(value) : String(value);
  }
  if (status.code !== SpanStatusCode.UNSET) {
    tags["otel.status_code"] = SpanStatusCode[status.code];
  }
  // Zipkin shows a span with this tag as failed.
  if (status.code === SpanStatusCode.ERROR) {
    tags.error = status.message || "true";
  }
  return tags;
}

function annotation(name: string, attributes: Attributes | undefined): string {
  return attributes === undefined || Object.keys(attributes).length === 0
    ? name
    : `${JSON.stringify(name)}: ${JSON.stringify(attributes)}`;
}

function microseconds([seconds, nanoseconds]: HrTime): number {
  return seconds * 1_000_000 + Math.round(nanoseconds / 1_000);
}
