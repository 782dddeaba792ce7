/**
 * OpenTelemetry's samplers, by name.
 *
 * @module
 */

import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from "@opentelemetry/sdk-trace";
import type { SamplerName } from "../config/otel.ts";
import { type B3Decision, decisionOf } from "./b3.ts";

/**
 * Creates the sampler of this name.
 *
 * @param share The ratio of the ratio samplers, from 0 to 1.
 */
export function createSampler(name: SamplerName, share: number): Sampler {
  switch (name) {
    case "always_on":
      return new AlwaysOnSampler();
    case "always_off":
      return new AlwaysOffSampler();
    case "traceidratio":
      return new TraceIdRatioBasedSampler(share);
    case "parentbased_always_on":
      return parentBased("always_on", share);
    case "parentbased_always_off":
      return parentBased("always_off", share);
    case "parentbased_traceidratio":
      return parentBased("traceidratio", share);
  }
}

/** Follows the caller's decision; without one, the sampler `name`. */
function parentBased(name: SamplerName, share: number): Sampler {
  const root = createSampler(name, share);
  const parent = new ParentBasedSampler({ root });
  // OpenTelemetry's sampler only knows decisions in a parent's flags.
  const samplers: Readonly<Record<B3Decision, Sampler>> = {
    accept: new AlwaysOnSampler(),
    deny: new AlwaysOffSampler(),
    defer: root,
  };
  return {
    shouldSample(context, ...rest) {
      const decision = decisionOf(context);
      const sampler = decision === undefined ? parent : samplers[decision];
      return sampler.shouldSample(context, ...rest);
    },
    toString: () => parent.toString(),
  };
}
