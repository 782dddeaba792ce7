/**
 * B3, and what its callers have decided about a trace.
 *
 * OpenTelemetry's propagator reads ids and writes headers. Two of B3's four states
 * are lost on it: ids without a state leave the decision to the receiver, and a state
 * without ids is a decision all the same.
 *
 * @module
 * @see {@link https://github.com/openzipkin/b3-propagation}
 */

import {
  type Context,
  createContextKey,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  trace,
} from "@opentelemetry/api";
import { B3InjectEncoding, B3Propagator } from "@opentelemetry/propagator-b3";

/** What a caller wants: the trace kept, not kept, or as the receiver likes. */
export type B3Decision = "accept" | "deny" | "defer";

/** A decision, and the caller's span at the time it was read. */
interface Held {
  readonly decision: B3Decision;
  readonly parent: SpanContext | undefined;
}

const DECISION = createContextKey("B3 sampling decision");

/**
 * Makes the propagator. Both forms come in.
 *
 * @param form Which form goes out.
 */
export function createB3Propagator(
  form: "single" | "multi",
): TextMapPropagator {
  const propagator = new B3Propagator({
    injectEncoding: form === "single"
      ? B3InjectEncoding.SINGLE_HEADER
      : B3InjectEncoding.MULTI_HEADER,
  });
  return {
    inject: (context, carrier, setter) =>
      propagator.inject(context, carrier, setter),
    extract(context, carrier, getter) {
      const decision = readDecision(carrier, getter);
      if (decision === "malformed") return context;
      const extracted = propagator.extract(context, carrier, getter);
      const parent = trace.getSpanContext(extracted);
      return decision === "none"
        ? extracted
        : extracted.setValue(DECISION, { decision, parent } satisfies Held);
    },
    fields: () => propagator.fields(),
  };
}

/**
 * What the caller has decided by B3.
 *
 * @returns `undefined` where it has said nothing, and below the first span: what that
 * span decided counts then.
 */
export function decisionOf(context: Context): B3Decision | undefined {
  const held = context.getValue(DECISION) as Held | undefined;
  return held !== undefined && held.parent === trace.getSpanContext(context)
    ? held.decision
    : undefined;
}

const SINGLE =
  /^(?:(?<ids>(?:[\da-f]{16}){1,2}-[\da-f]{16})(?:-(?<state>[01d])(?:-[\da-f]{16})?)?|(?<alone>[01d]))$/;

const SINGLE_STATES: Readonly<Record<string, B3Decision>> = {
  "0": "deny",
  "1": "accept",
  d: "accept",
};

const MULTI_STATES: Readonly<Record<string, B3Decision>> = {
  "0": "deny",
  "1": "accept",
  // What tracers wrote before B3 was written down.
  false: "deny",
  true: "accept",
};

function readDecision<T>(
  carrier: T,
  getter: TextMapGetter<T>,
): B3Decision | "none" | "malformed" {
  const header = (name: string) => {
    const value = getter.get(carrier, name);
    return typeof value === "string" ? value : value?.[0];
  };
  const single = header("b3");
  if (single) {
    const groups = SINGLE.exec(single)?.groups;
    if (groups === undefined) return "malformed";
    return SINGLE_STATES[groups.state ?? groups.alone ?? ""] ?? "defer";
  }
  // Debug implies that the trace is kept, whatever else is said.
  if (header("x-b3-flags") === "1") return "accept";
  const sampled = header("x-b3-sampled");
  if (sampled !== undefined) {
    return MULTI_STATES[sampled.toLowerCase()] ?? "malformed";
  }
  return header("x-b3-traceid") === undefined ? "none" : "defer";
}
