/**
 * Which spans are kept: OpenTelemetry's samplers, by their names.
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

/**
 * Makes the sampler of this name.
 *
 * @param share What the ratio samplers keep, from 0 to 1.
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

function parentBased(name: SamplerName, share: number): Sampler {
  return new ParentBasedSampler({ root: createSampler(name, share) });
}
