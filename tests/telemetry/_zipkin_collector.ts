/**
 * A Zipkin that only listens: it keeps what it is sent, and checks that it is Zipkin's
 * JSON.
 *
 * @module
 */

import { z } from "zod";
import { PATIENCE } from "../_support/patience.ts";

/** A span, as Zipkin's API describes it; nothing else may be in it. */
const Span = z.strictObject({
  traceId: z.string().regex(/^([\da-f]{16}){1,2}$/),
  id: z.string().regex(/^[\da-f]{16}$/),
  parentId: z.string().regex(/^[\da-f]{16}$/).optional(),
  name: z.string().min(1),
  kind: z.enum(["CLIENT", "SERVER", "PRODUCER", "CONSUMER"]).optional(),
  timestamp: z.int().min(1_600_000_000_000_000),
  duration: z.int().min(1),
  localEndpoint: z.strictObject({ serviceName: z.string().min(1) }),
  remoteEndpoint: z.strictObject({ serviceName: z.string().min(1) }).optional(),
  tags: z.record(z.string(), z.string()),
  annotations: z.array(z.strictObject({
    timestamp: z.int(),
    value: z.string(),
  })).optional(),
});

/** A span that was sent. */
export type SentSpan = z.infer<typeof Span>;

/** A collector. Disposing ends it. */
export interface Collector extends AsyncDisposable {
  /** Where it takes spans. */
  readonly url: string;
  /** What it was sent, batch by batch. */
  readonly batches: readonly (readonly SentSpan[])[];
  /** What it was sent. */
  readonly spans: readonly SentSpan[];
  /** What it was sent, as it came. */
  readonly text: string;
  /** How many requests it has taken. */
  readonly requests: number;
  /** Waits for a span. */
  span(is: (span: SentSpan) => boolean): Promise<SentSpan>;
}

/** Options of {@linkcode startCollector}. */
export interface CollectorOptions {
  /** Answers in its place; one that never does ends with the collector. @default {202} */
  readonly answer?: (request: Request) => Response | Promise<Response>;
}

/** Starts a collector on any free port of this machine. */
export function startCollector(options: CollectorOptions = {}): Collector {
  const batches: SentSpan[][] = [];
  const texts: string[] = [];
  let requests = 0;
  const ended = Promise.withResolvers<Response>();
  let arrived = Promise.withResolvers<void>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      requests++;
      if (options.answer !== undefined) {
        return await Promise.race([options.answer(request), ended.promise]);
      }
      const text = await request.text();
      texts.push(text);
      batches.push(z.array(Span).parse(JSON.parse(text)));
      arrived.resolve();
      arrived = Promise.withResolvers();
      return new Response(null, { status: 202 });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/api/v2/spans`,
    batches,
    get spans() {
      return batches.flat();
    },
    get text() {
      return texts.join("\n");
    },
    get requests() {
      return requests;
    },
    async span(is) {
      const patience = AbortSignal.timeout(PATIENCE);
      for (;;) {
        const found = batches.flat().find(is);
        if (found !== undefined) return found;
        const late = Promise.withResolvers<never>();
        const onAbort = () =>
          late.reject(
            new Error(`Span did not come: ${JSON.stringify(batches)}`),
          );
        patience.addEventListener("abort", onAbort);
        await Promise.race([arrived.promise, late.promise]);
        patience.removeEventListener("abort", onAbort);
      }
    },
    async [Symbol.asyncDispose]() {
      ended.resolve(new Response(null, { status: 503 }));
      await server.shutdown();
    },
  };
}
