/**
 * The process: operations port, shutdown, log.
 *
 * @module
 */

import { z } from "zod";
import { duration, port } from "./kinds.ts";
import { LOG_CATEGORIES, parseLogLevels } from "./log_levels.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

/** The process: operations port, shutdown, log. */
export const PROCESS_SETTINGS = defineSettings({
  /** The port of `/metrics`, `/livez` and `/readyz`. */
  metricsPort: {
    env: "METRICS_PORT",
    doc: "Port of `/metrics`, `/livez` and `/readyz`",
    expected: "a port from 1 to 65535",
    default: "8080",
    schema: port,
  },
  /** Time for the whole shutdown. */
  shutdownGrace: {
    env: "SHUTDOWN_GRACE",
    doc: "Time from the stop signal to the exit: most of it for events in " +
      "flight, the rest for last answers, commits and flushing",
    expected: "a duration such as 500ms, 30s or 2m, up to 60m",
    default: "20s",
    unit: "ms",
    schema: duration(3_600_000),
  },
  /** The lowest levels that are written, see `parseLogLevels()`. */
  logLevel: {
    env: "LOG_LEVEL",
    doc: "Lowest level of log records written: `debug`, `info`, `warn` or " +
      "`error`; levels for categories may follow, as in `info,events=debug`",
    expected: "debug, info, warn or error, then category=level with one of " +
      LOG_CATEGORIES.join(", "),
    default: "info",
    schema: z.string().refine((value) => parseLogLevels(value) !== undefined),
  },
  /** The log format; `auto` is `pretty` on a terminal, otherwise `json`. */
  logFormat: {
    env: "LOG_FORMAT",
    doc: "`json` (one object per line), `pretty` (for people), or `auto`: " +
      "pretty on a terminal, otherwise json",
    expected: "auto, json or pretty",
    default: "auto",
    schema: z.enum(["auto", "json", "pretty"]),
  },
});

/** These settings, validated. */
export type ProcessConfig = ConfigOf<typeof PROCESS_SETTINGS>;
