/**
 * The table of the service's settings, in the order in which people read them.
 *
 * @module
 */

import { AGS_SETTINGS } from "./ags.ts";
import { DEAD_LETTER_SETTINGS } from "./dead_letters.ts";
import { GRPC_SETTINGS } from "./grpc.ts";
import { HANDLING_SETTINGS } from "./handling.ts";
import { IDEMPOTENCY_SETTINGS } from "./idempotency.ts";
import { KAFKA_SETTINGS, kafkaProblems } from "./kafka.ts";
import { OTEL_SETTINGS } from "./otel.ts";
import { type Environment, type ParsedConfig, parseSettings } from "./parse.ts";
import { PROCESS_SETTINGS } from "./process.ts";
import { type ConfigOf, defineSettings, type Settings } from "./setting.ts";

/** The table. */
export const SETTINGS = defineSettings({
  ...AGS_SETTINGS,
  ...GRPC_SETTINGS,
  ...HANDLING_SETTINGS,
  ...IDEMPOTENCY_SETTINGS,
  ...DEAD_LETTER_SETTINGS,
  ...PROCESS_SETTINGS,
  ...KAFKA_SETTINGS,
  ...OTEL_SETTINGS,
});

/** The service's settings, checked. Durations are in milliseconds. */
export type ServiceConfig = ConfigOf<typeof SETTINGS>;

/**
 * Turns variables into the service's settings and those of its handlers.
 *
 * @param env The variables.
 * @param own The handlers' settings.
 * @throws {ConfigError} With every problem at once.
 */
export function parseConfig<S extends Settings>(
  env: Environment,
  own: S,
): ParsedConfig<ServiceConfig & ConfigOf<S>> {
  return parseSettings<Settings, ServiceConfig & ConfigOf<S>>(env, {
    settings: { ...SETTINGS, ...own },
    problems: kafkaProblems,
  });
}
