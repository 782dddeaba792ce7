/**
 * Sends spans to Zipkin.
 *
 * It replaces the SDK's own exporter, whose requests have no deadline: if a
 * collector accepts connections and does not answer, they would accumulate with
 * their spans.
 *
 * @module
 */

import { ExportResultCode } from "@opentelemetry/core";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace";
import { zipkinSpan } from "./zipkin_span.ts";

/** Options of {@linkcode createZipkinExporter}. */
export interface ZipkinExporterOptions {
  /** The Zipkin endpoint. */
  readonly url: string;
  /** Time limit for one delivery, in milliseconds. */
  readonly timeout: number;
  /** Aborts running deliveries. */
  readonly signal: AbortSignal;
  /** Called when a delivery failed, with the number of lost spans. */
  readonly onFailed: (error: Error, spans: number) => void;
}

/** An exporter that tracks running deliveries. */
export interface ZipkinExporter extends SpanExporter {
  /** Resolves when no delivery is running, whatever their results. */
  settled(): Promise<void>;
}

/** Creates the exporter. */
export function createZipkinExporter(
  options: ZipkinExporterOptions,
): ZipkinExporter {
  const { url, timeout, signal, onFailed } = options;
  const underWay = new Set<Promise<void>>();

  async function send(spans: readonly ReadableSpan[]): Promise<void> {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(spans.map(zipkinSpan)),
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    });
    // The body is not used, and may be long.
    await response.body?.cancel();
    if (!response.ok) {
      throw new Error(`Zipkin answered ${response.status}: expected 202`);
    }
  }

  return {
    export(spans, done) {
      const delivery = send(spans).then(
        () => done({ code: ExportResultCode.SUCCESS }),
        (reason) => {
          const error = reason instanceof Error
            ? reason
            : new Error(String(reason));
          onFailed(error, spans.length);
          done({ code: ExportResultCode.FAILED, error });
        },
      ).finally(() => underWay.delete(delivery));
      underWay.add(delivery);
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    shutdown: () => Promise.resolve(),
  };
}
