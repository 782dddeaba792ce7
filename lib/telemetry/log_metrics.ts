/**
 * Log lines that nobody took.
 *
 * @module
 */

import { Counter, type Registry } from "prom-client";
import type { LineWriter } from "../core/line_writer.ts";

/** Registers the metric, which reads what the writer has counted. */
export function createLogMetrics(
  registry: Registry,
  output: Pick<LineWriter, "dropped">,
): void {
  new Counter({
    name: "log_lines_dropped_total",
    help: "Lines for standard output that it did not take.",
    registers: [registry],
    collect() {
      this.reset();
      this.inc(output.dropped);
    },
  });
}
