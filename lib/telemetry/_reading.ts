/**
 * Gauges that are read when somebody asks, not written when something happens.
 *
 * @module
 */

import { Gauge, type Registry } from "prom-client";

/** What a gauge is called, and where its value is. */
export interface ReadingOptions {
  /** Its name. */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  /** The value now; `undefined` when there is none: the gauge then has no sample. */
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
