/**
 * Gauges that are read on each scrape instead of being updated.
 *
 * @module
 */

import { Gauge, type Registry } from "prom-client";

/** Name, help and value of a gauge. */
export interface ReadingOptions {
  /** Its name. */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  /**
   * The current value; `undefined` if there is none: the gauge then has no
   * sample.
   */
  readonly read: () => number | undefined;
}

/** Registers a gauge without labels. */
export function createReading(
  registry: Registry,
  { name, help, read }: ReadingOptions,
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      const value = read();
      if (value === undefined) this.remove();
      else this.set(value);
    },
  });
}
