/**
 * The process: its port for operators, its end, its log.
 *
 * @module
 */

import { z } from "zod";
import { duration, port } from "./kinds.ts";
import { LOG_CATEGORIES, parseLogLevels } from "./log_levels.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

/** The process: its port for operators, its end, its log. */
export const PROCESS_SETTINGS = defineSettings({
  /** Where `/metrics`, `/livez` and `/readyz` are. */
  metricsPort: {
    env: "METRICS_PORT",
    doc: "Port of `/metrics`, `/livez` and `/readyz`",
    expected: "a port from 1 to 65535",
    default: "8080",
    schema: port,
  },
  /** Time for the events in flight when the service stops. */
  shutdownGrace: {
    env: "SHUTDOWN_GRACE",
    doc:
      "Time from being told to stop until the exit: most of it for the events " +
      "in flight, the rest for last answers, commits and what is flushed",
    expected: "a duration such as 500ms, 30s or 2m, up to 60m",
    default: "20s",
    unit: "ms",
    schema: duration(3_600_000),
  },
  /** The least important records that are written, see `parseLogLevels()`. */
  logLevel: {
    env: "LOG_LEVEL",
    doc:
      "Least important log records written: `debug`, `info`, `warn` or `error`; " +
      "then for parts of the service, as in `info,events=debug`",
    expected: "debug, info, warn or error, then category=level with one of " +
      LOG_CATEGORIES.join(", "),
    default: "info",
    schema: z.string().refine((value) => parseLogLevels(value) !== undefined),
  },
  /** How records are written; `auto` is `pretty` on a terminal, `json` otherwise. */
  logFormat: {
    env: "LOG_FORMAT",
    doc:
      "`json` (one object a line), `pretty` (for people), or `auto`: pretty on " +
      "a terminal, json otherwise",
    expected: "auto, json or pretty",
    default: "auto",
    schema: z.enum(["auto", "json", "pretty"]),
  },
});

/** These settings, checked. */
export type ProcessConfig = ConfigOf<typeof PROCESS_SETTINGS>;
