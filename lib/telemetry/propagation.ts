/**
 * The formats in which traces come in with events and go out with requests to AGS.
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

/** How traces come in, and how they go out. */
export interface Propagation {
  /** Reads what came with an event. Where two formats disagree, the last one counts. */
  readonly incoming: TextMapPropagator<Arrival>;
  /** Writes headers of a request to AGS. */
  readonly outgoing: TextMapPropagator<Record<string, string>>;
}

/** Options of {@linkcode createPropagation}. */
export interface PropagationOptions {
  /**
   * Whether the runtime writes W3C headers into every request by itself. A second
   * value beside the first would make both of them void.
   *
   * @default {false}
   */
  readonly isByRuntime?: boolean;
}

/**
 * Makes the propagators of these names.
 *
 * Baggage comes in, for handlers, and stays: what callers put there is not for
 * another service to see without anybody having decided so.
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

/** Either form of B3 comes in by either name; the name says which one goes out. */
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
 * Longest values that are read, in characters: of the two that may be long, what their
 * specifications ask for at least.
 */
const MAX_LENGTHS: Readonly<Record<string, number>> = {
  baggage: 8_192,
  tracestate: 512,
};
const MAX_LENGTH = 128;

/** Reads headers of bounded length: longer ones are as good as none. */
export const ARRIVAL_GETTER: TextMapGetter<Arrival> = {
  get(arrival, name) {
    const value = arrival.header(name);
    return value !== undefined &&
        value.length <= (MAX_LENGTHS[name] ?? MAX_LENGTH)
      ? value
      : undefined;
  },
  // Asked by propagators that look for names of their own making: none of these.
  keys: () => [],
};
