/**
 * B3 propagation, including the caller's sampling decision.
 *
 * OpenTelemetry's propagator reads ids and writes headers. It loses two of B3's
 * four states: ids without a state leave the decision to the receiver, and a
 * state without ids is still a decision.
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

/** The caller's wish: sample the trace, do not, or leave it to the receiver. */
export type B3Decision = "accept" | "deny" | "defer";

/** A decision, and the caller's span at the time it was read. */
interface Held {
  readonly decision: B3Decision;
  readonly parent: SpanContext | undefined;
}

const DECISION = createContextKey("B3 sampling decision");

/**
 * Creates the propagator. It reads both forms.
 *
 * @param form The form to write.
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
 * The caller's B3 decision.
 *
 * @returns `undefined` if there is none, and below the first span, whose
 * decision then applies.
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
  // Values that tracers wrote before B3 was specified.
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
  // Debug implies sampling, whatever else is set.
  if (header("x-b3-flags") === "1") return "accept";
  const sampled = header("x-b3-sampled");
  if (sampled !== undefined) {
    return MULTI_STATES[sampled.toLowerCase()] ?? "malformed";
  }
  return header("x-b3-traceid") === undefined ? "none" : "defer";
}
