/**
 * Metrics of dead letters.
 *
 * @module
 */

import type { Registry } from "prom-client";
import type { Outcome } from "../core/outcome.ts";
import { createCounter } from "./_children.ts";

/** Registers the metric, and returns a function that counts a dead letter. */
export function createDeadLetterMetrics(
  registry: Registry,
): (outcome: Outcome, result: "written" | "failed") => void {
  const letters = createCounter(registry, {
    name: "dead_letters_total",
    help:
      "Events that will not be delivered again, by whether their dead letter " +
      "was written.",
    labelNames: ["outcome", "result"],
  });
  for (const outcome of ["rejected", "exhausted"] satisfies Outcome[]) {
    for (const result of ["written", "failed"]) {
      letters.child({ outcome, result });
    }
  }
  return (outcome, result) => void letters.child({ outcome, result }).value++;
}
