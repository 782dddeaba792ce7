/**
 * Metrics of dropped log lines.
 *
 * @module
 */

import { Counter, type Registry } from "prom-client";
import type { LineWriter } from "../core/line_writer.ts";

/** Registers the metric, which reads the writer's count. */
export function createLogMetrics(
  registry: Registry,
  output: Pick<LineWriter, "dropped">,
): void {
  new Counter({
    name: "log_lines_dropped_total",
    help: "Lines that standard output did not accept.",
    registers: [registry],
    collect() {
      this.reset();
      this.inc(output.dropped);
    },
  });
}
