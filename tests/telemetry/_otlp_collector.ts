/**
 * A collector of OTLP over HTTP in JSON, as far as traces go.
 *
 * @module
 */

import { z } from "zod";

const Attributes = z.array(z.object({
  key: z.string(),
  value: z.object({ stringValue: z.string().optional() }),
})).default([]);

const Traces = z.object({
  resourceSpans: z.array(z.object({
    resource: z.object({ attributes: Attributes }),
    scopeSpans: z.array(z.object({
      spans: z.array(z.object({
        traceId: z.string(),
        spanId: z.string(),
        parentSpanId: z.string(),
        name: z.string(),
        attributes: Attributes,
      })),
    })),
  })),
});

/** A span that was sent. */
export interface OtlpSpan {
  /** The trace, in 32 hexadecimal digits. */
  readonly traceId: string;
  /** The span, in 16. */
  readonly spanId: string;
  /** The span above, or "". */
  readonly parentSpanId: string;
  /** What was done. */
  readonly name: string;
  /** The service that did it. */
  readonly service: string | undefined;
  /** What is known of it, where that is text. */
  readonly attributes: Readonly<Record<string, string | undefined>>;
}

/** A collector. Disposing ends it. */
export interface OtlpCollector extends AsyncDisposable {
  /** What `OTEL_EXPORTER_OTLP_ENDPOINT` has to be. */
  readonly url: string;
  /** What it was sent. */
  readonly spans: readonly OtlpSpan[];
}

/** Starts a collector on any free port of this machine. */
export function startOtlpCollector(): OtlpCollector {
  const spans: OtlpSpan[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const body = await request.json();
      if (new URL(request.url).pathname === "/v1/traces") {
        spans.push(...spansOf(body));
      }
      return Response.json({});
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    spans,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
}

function spansOf(body: unknown): readonly OtlpSpan[] {
  return Traces.parse(body).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        service: plain(resource.attributes)["service.name"],
        attributes: plain(span.attributes),
      }))
    )
  );
}

function plain(attributes: z.infer<typeof Attributes>) {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue]),
  );
}
