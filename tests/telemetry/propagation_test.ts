import assert from "node:assert/strict";
import {
  defaultTextMapSetter,
  propagation,
  ROOT_CONTEXT,
  trace,
} from "@opentelemetry/api";
import fc from "fast-check";
import type { PropagatorName } from "../../lib/config/otel.ts";
import {
  ARRIVAL_GETTER,
  createPropagation,
} from "../../lib/telemetry/propagation.ts";
import { arrivalOf } from "./_arrival.ts";

const TRACE_ID = "463ac35c9f6413ad48485a3953bb6124";
const OTHER_TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const SPAN_ID = "a2fb4a1d1a96d312";
const ALL: readonly PropagatorName[] = ["tracecontext", "baggage", "b3"];

type Headers = Readonly<Record<string, string>>;

function extract(headers: Headers, names = ALL) {
  return createPropagation(names).incoming.extract(
    ROOT_CONTEXT,
    arrivalOf(headers),
    ARRIVAL_GETTER,
  );
}

function parentOf(headers: Headers, names = ALL) {
  const { traceId, spanId, traceFlags } =
    trace.getSpanContext(extract(headers, names)) ?? {};
  return traceId && [traceId, spanId, traceFlags];
}

/** What goes out of a context that came in by these headers. */
function passOn(headers: Headers, names: readonly PropagatorName[]): Headers {
  const carrier: Record<string, string> = {};
  createPropagation(names).outgoing.inject(
    extract(headers),
    carrier,
    defaultTextMapSetter,
  );
  return carrier;
}

const W3C = { traceparent: `00-${TRACE_ID}-${SPAN_ID}-01` };

const FORMS: readonly (readonly [form: string, Headers, unknown])[] = [
  ["B3 in one header", { b3: `${TRACE_ID}-${SPAN_ID}-1` }, 1],
  ["B3 in one header, debug", { b3: `${TRACE_ID}-${SPAN_ID}-d` }, 1],
  ["B3 in one header, not sampled", { b3: `${TRACE_ID}-${SPAN_ID}-0` }, 0],
  ["B3 in one header, with a parent", {
    b3: `${TRACE_ID}-${SPAN_ID}-1-05e3ac9a4f6e3b90`,
  }, 1],
  ["B3 in several headers", {
    "x-b3-traceid": TRACE_ID,
    "x-b3-spanid": SPAN_ID,
    "x-b3-sampled": "1",
  }, 1],
  ["B3 in several headers, debug", {
    "x-b3-traceid": TRACE_ID,
    "x-b3-spanid": SPAN_ID,
    "x-b3-flags": "1",
  }, 1],
  ["B3 in several headers, not sampled", {
    "x-b3-traceid": TRACE_ID,
    "x-b3-spanid": SPAN_ID,
    "x-b3-sampled": "0",
  }, 0],
  ["W3C", W3C, 1],
  ["W3C, not sampled", { traceparent: `00-${TRACE_ID}-${SPAN_ID}-00` }, 0],
  ["W3C of a later version", {
    traceparent: `cc-${TRACE_ID}-${SPAN_ID}-01-what-comes`,
  }, 1],
];

for (const [form, headers, flags] of FORMS) {
  Deno.test(`A trace comes in as ${form}`, () => {
    assert.deepEqual(parentOf(headers), [TRACE_ID, SPAN_ID, flags]);
  });
}

Deno.test("A B3 trace id of 64 bits is one of 128 with zeros before it", () => {
  const [traceId] = parentOf({ b3: `${SPAN_ID}-${SPAN_ID}-1` }) || [];
  assert.equal(traceId, `0000000000000000${SPAN_ID}`);
});

Deno.test("Of formats that disagree, the one that is named last counts", () => {
  const both = { ...W3C, b3: `${OTHER_TRACE_ID}-${SPAN_ID}-1` };
  const traceOf = (names: readonly PropagatorName[]) =>
    (parentOf(both, names) || [])[0];
  assert.equal(traceOf(["tracecontext", "b3"]), OTHER_TRACE_ID);
  assert.equal(traceOf(["b3", "tracecontext"]), TRACE_ID);
});

Deno.test("A format that is not named does not come in", () => {
  assert.equal(parentOf(W3C, ["b3"]), undefined);
  assert.equal(
    parentOf({ b3: `${TRACE_ID}-${SPAN_ID}-1` }, ["tracecontext"]),
    undefined,
  );
  assert.equal(parentOf(W3C, ["none"]), undefined);
});

Deno.test("A trace goes out in every format that is named", () => {
  const b3 = { b3: `${TRACE_ID}-${SPAN_ID}-1` };
  const multi = {
    "x-b3-traceid": TRACE_ID,
    "x-b3-spanid": SPAN_ID,
    "x-b3-sampled": "1",
  };
  assert.deepEqual(passOn(W3C, ["tracecontext", "b3"]), { ...W3C, ...b3 });
  assert.deepEqual(passOn(W3C, ["b3multi"]), multi);
  assert.deepEqual(passOn(W3C, ["none"]), {});
  const stated = { ...W3C, tracestate: "vendor=opaque" };
  assert.deepEqual(passOn(stated, ["tracecontext"]), stated);
});

Deno.test("Baggage comes in and does not go out", () => {
  const headers = { ...W3C, baggage: "tier=gold,region=eu" };
  const baggage = propagation.getBaggage(extract(headers));
  assert.equal(baggage?.getEntry("tier")?.value, "gold");
  assert.deepEqual(passOn(headers, ["tracecontext", "baggage"]), W3C);
});

Deno.test("What the runtime writes by itself is not written a second time", () => {
  const carrier: Record<string, string> = {};
  createPropagation(ALL, { isByRuntime: true }).outgoing.inject(
    extract(W3C),
    carrier,
    defaultTextMapSetter,
  );
  assert.deepEqual(Object.keys(carrier), ["b3"]);
});

Deno.test("Headers that are too long are as good as none", () => {
  const long = "a".repeat(8_200);
  assert.equal(
    parentOf({ traceparent: `cc-${TRACE_ID}-${SPAN_ID}-01-${long}` }),
    undefined,
  );
  assert.equal(parentOf({ b3: `${TRACE_ID}-${SPAN_ID}-1${long}` }), undefined);
  const context = extract({
    ...W3C,
    baggage: `tier=${long}`,
    tracestate: long,
  });
  assert.equal(propagation.getBaggage(context), undefined);
  assert.equal(trace.getSpanContext(context)?.traceState, undefined);
});

/** Text like the headers', and text like nothing. */
const scrap = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(
    fc.oneof(
      fc.constantFrom("00", "ff", "-", ",", ";", "=", "%", "%zz", "d", "01"),
      fc.constantFrom("0".repeat(32), "0".repeat(16), TRACE_ID, SPAN_ID),
      fc.string({ maxLength: 3 }),
    ),
    { maxLength: 12 },
  ).map((parts) => parts.join("")),
);

Deno.test("Malformed headers never throw, and never make an id that is none", () => {
  const names = [
    "traceparent",
    "tracestate",
    "baggage",
    "b3",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-b3-sampled",
    "x-b3-flags",
  ];
  fc.assert(fc.property(
    fc.dictionary(fc.constantFrom(...names), scrap, { noNullPrototype: true }),
    (headers) => {
      const context = extract(headers);
      const parent = trace.getSpanContext(context);
      if (parent !== undefined) {
        assert.match(parent.traceId, /^(?!0{32})[\da-f]{32}$/);
        assert.match(parent.spanId, /^(?!0{16})[\da-f]{16}$/);
      }
      passOn(headers, ["tracecontext", "baggage", "b3", "b3multi"]);
    },
  ));
});
