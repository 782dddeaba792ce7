/**
 * Propagation formats of incoming and outgoing traces.
 *
 * @module
 */

import type { TextMapGetter, TextMapPropagator } from "@opentelemetry/api";
import {
  CompositePropagator,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from "@opentelemetry/core";
import type { Arrival } from "../core/tracing.ts";
import type { PropagatorName } from "../config/otel.ts";
import { createB3Propagator } from "./b3.ts";

/** The propagators. */
export interface Propagation {
  /** Reads the trace of an event. If formats disagree, the last one wins. */
  readonly incoming: TextMapPropagator<Arrival>;
  /** Writes headers of a request to AGS. */
  readonly outgoing: TextMapPropagator<Record<string, string>>;
}

/** Options of {@linkcode createPropagation}. */
export interface PropagationOptions {
  /**
   * Whether the runtime itself writes W3C headers into every request. A second
   * value would invalidate both.
   *
   * @default {false}
   */
  readonly isByRuntime?: boolean;
}

/**
 * Creates the propagators of these names.
 *
 * Baggage is read for handlers and not sent on: another service should not see
 * what callers put there unless somebody has decided so.
 */
export function createPropagation(
  names: readonly PropagatorName[],
  { isByRuntime = false }: PropagationOptions = {},
): Propagation {
  return {
    incoming: compose(names),
    outgoing: compose(
      names.filter((name) =>
        name !== "baggage" && !(isByRuntime && name === "tracecontext")
      ),
    ),
  };
}

/** Either name reads both forms of B3; the name selects the form to write. */
const FACTORIES: Readonly<
  Record<PropagatorName, () => readonly TextMapPropagator[]>
> = {
  tracecontext: () => [new W3CTraceContextPropagator()],
  baggage: () => [new W3CBaggagePropagator()],
  b3: () => [createB3Propagator("single")],
  b3multi: () => [createB3Propagator("multi")],
  none: () => [],
};

function compose(names: readonly PropagatorName[]): CompositePropagator {
  const propagators = [...new Set(names)].flatMap((name) => FACTORIES[name]());
  return new CompositePropagator({ propagators });
}

/**
 * The longest values that are read, in characters: for the two that may be
 * long, the minimum that their specifications require.
 */
const MAX_LENGTHS: Readonly<Record<string, number>> = {
  baggage: 8_192,
  tracestate: 512,
};
const MAX_LENGTH = 128;

/** Reads headers up to a length; longer ones are ignored. */
export const ARRIVAL_GETTER: TextMapGetter<Arrival> = {
  get(arrival, name) {
    const value = arrival.header(name);
    return value !== undefined &&
        value.length <= (MAX_LENGTHS[name] ?? MAX_LENGTH)
      ? value
      : undefined;
  },
  // Called by propagators that search for custom names: there are none.
  keys: () => [],
};
