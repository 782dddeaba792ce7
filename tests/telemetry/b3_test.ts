import assert from "node:assert/strict";
import { context, trace } from "@opentelemetry/api";
import { on } from "../../mod.ts";
import type { SamplerName } from "../../lib/config/otel.ts";
import { LOGGED_IN } from "../conformance/_events.ts";
import { startTracedService } from "./_traced_service.ts";
import { startCollector } from "./_zipkin_collector.ts";

const TRACE_ID = "463ac35c9f6413ad48485a3953bb6124";
const SPAN_ID = "a2fb4a1d1a96d312";

type Headers = Readonly<Record<string, string>>;

const IDS = { "x-b3-traceid": TRACE_ID, "x-b3-spanid": SPAN_ID };

/** What B3 can say: with or without ids, each decision, each form. */
const FORMS: readonly {
  readonly single: Headers;
  readonly multi: Headers;
  readonly hasIds: boolean;
  /** Whether there are spans; `undefined`: the service decides. */
  readonly isKept: boolean | undefined;
}[] = [
  {
    single: { b3: `${TRACE_ID}-${SPAN_ID}-1` },
    multi: { ...IDS, "x-b3-sampled": "1" },
    hasIds: true,
    isKept: true,
  },
  {
    single: { b3: `${TRACE_ID}-${SPAN_ID}-0` },
    multi: { ...IDS, "x-b3-sampled": "0" },
    hasIds: true,
    isKept: false,
  },
  {
    single: { b3: `${TRACE_ID}-${SPAN_ID}-d` },
    multi: { ...IDS, "x-b3-flags": "1" },
    hasIds: true,
    isKept: true,
  },
  {
    single: { b3: `${TRACE_ID}-${SPAN_ID}` },
    multi: IDS,
    hasIds: true,
    isKept: undefined,
  },
  {
    single: { b3: "1" },
    multi: { "x-b3-sampled": "1" },
    hasIds: false,
    isKept: true,
  },
  {
    single: { b3: "0" },
    multi: { "x-b3-sampled": "0" },
    hasIds: false,
    isKept: false,
  },
  {
    single: { b3: "d" },
    multi: { "x-b3-flags": "1" },
    hasIds: false,
    isKept: true,
  },
  { single: {}, multi: {}, hasIds: false, isKept: undefined },
];

/** What becomes of a login that comes with these headers. */
async function send(headers: Headers, otelTracesSampler: SamplerName) {
  await using collector = startCollector();
  let inner: boolean | undefined;
  {
    await using traced = await startTracedService({
      config: { otelZipkinEndpoint: collector.url, otelTracesSampler },
      handlers: [
        on(LOGGED_IN, () => {
          inner = trace.getSpan(context.active())?.isRecording();
          trace.getTracer("mine").startSpan("mine").end();
        }),
      ],
    });
    assert.equal(await traced.send(headers), "OK");
    await traced.service.drain();
  }
  const event = collector.spans.find(({ name }) => name === LOGGED_IN);
  const own = collector.spans.find(({ name }) => name === "mine");
  assert.equal(own?.parentId, event?.id);
  assert.equal(inner, event !== undefined);
  return event;
}

for (const { single, multi, hasIds, isKept } of FORMS) {
  for (const [form, headers] of Object.entries({ single, multi })) {
    const said = Object.entries(headers).map((each) => each.join(": "))
      .join(", ") || "nothing";
    const what = isKept === undefined
      ? "leaves the decision to the service"
      : `makes ${isKept ? "spans" : "no spans"}`;
    Deno.test(`B3 in ${form} form ${what} when it says ${said}`, async () => {
      for (
        const [sampler, own] of [
          ["parentbased_always_on", true],
          ["parentbased_always_off", false],
        ] as const
      ) {
        const event = await send(headers, sampler);
        assert.equal(event !== undefined, isKept ?? own, sampler);
        if (event === undefined) continue;
        assert.equal(event.traceId === TRACE_ID, hasIds, event.traceId);
        assert.equal(event.parentId, hasIds ? SPAN_ID : undefined);
      }
    });
  }
}

Deno.test("What B3 says is passed on to AGS, also when it is no more than that there is no trace", async () => {
  await using collector = startCollector();
  await using traced = await startTracedService({
    config: { otelZipkinEndpoint: collector.url },
    handlers: [
      on(LOGGED_IN, async (_event, ctx) => {
        await ctx.ags.request("GET", "/basic/v1/admin/namespaces/{namespace}");
      }),
    ],
  });
  for (
    const [headers, state] of [
      [{ b3: "0" }, "0"],
      [{ "x-b3-sampled": "0" }, "0"],
      [{ b3: `${TRACE_ID}-${SPAN_ID}` }, "1"],
    ] as const
  ) {
    await traced.send(headers);
    const sent = traced.emulator.journal.requests().at(-1)?.headers.b3 ?? "";
    assert.match(sent, new RegExp(`^[\\da-f]{32}-[\\da-f]{16}-${state}$`));
  }
});

for (
  const [headers, isKept] of [
    // The last of the formats that are named counts: by default that is B3.
    [{ traceparent: `00-${TRACE_ID}-${SPAN_ID}-01`, b3: "0" }, false],
    [{ traceparent: `00-${TRACE_ID}-${SPAN_ID}-00`, b3: "1" }, true],
    [{ traceparent: `00-${TRACE_ID}-${SPAN_ID}-01`, b3: "2" }, true],
    [
      { traceparent: `00-${TRACE_ID}-${SPAN_ID}-01`, "x-b3-sampled": "?" },
      true,
    ],
  ] as const
) {
  Deno.test(`Beside W3C's trace, B3 decides if it is well-formed: ${JSON.stringify(headers)}`, async () => {
    const event = await send(headers, "parentbased_always_on");
    assert.equal(event !== undefined, isKept);
    if (isKept) assert.equal(event?.traceId, TRACE_ID);
  });
}
