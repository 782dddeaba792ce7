/**
 * The table of the service's settings, in reading order.
 *
 * @module
 */

import { AGS_SETTINGS } from "./ags.ts";
import { ARCHIVE_SETTINGS, archiveProblems } from "./archive.ts";
import { DEAD_LETTER_SETTINGS } from "./dead_letters.ts";
import { GRPC_SETTINGS } from "./grpc.ts";
import { HANDLING_SETTINGS } from "./handling.ts";
import { HTTP_SETTINGS } from "./http.ts";
import { IDEMPOTENCY_SETTINGS, idempotencyProblems } from "./idempotency.ts";
import { INBOX_SETTINGS } from "./inbox.ts";
import { KAFKA_SETTINGS, kafkaProblems } from "./kafka.ts";
import { OTEL_SETTINGS } from "./otel.ts";
import { type Environment, type ParsedConfig, parseSettings } from "./parse.ts";
import { PROCESS_SETTINGS } from "./process.ts";
import { SOURCES_SETTINGS } from "./sources.ts";
import { WEBPUBSUB_SETTINGS } from "./webpubsub.ts";
import {
  type ConfigOf,
  defineSettings,
  type Settings,
  type Topic,
} from "./setting.ts";

/** The table. */
export const SETTINGS = defineSettings({
  ...AGS_SETTINGS,
  ...GRPC_SETTINGS,
  ...HANDLING_SETTINGS,
  ...IDEMPOTENCY_SETTINGS,
  ...DEAD_LETTER_SETTINGS,
  ...PROCESS_SETTINGS,
  ...SOURCES_SETTINGS,
  ...HTTP_SETTINGS,
  ...INBOX_SETTINGS,
  ...ARCHIVE_SETTINGS,
  ...KAFKA_SETTINGS,
  ...WEBPUBSUB_SETTINGS,
  ...OTEL_SETTINGS,
});

/** The service's settings, validated. Durations are in milliseconds. */
export type ServiceConfig = ConfigOf<typeof SETTINGS>;

/** A source, as far as its settings are concerned. */
export interface SourceSettings {
  /** The word in `SOURCES`. */
  readonly name: string;
  /** Its settings. */
  readonly topic?: Topic;
}

/**
 * The service's table, plus the settings of the given sources and further ones.
 */
export function tableOf(
  sources: readonly SourceSettings[],
  own: Settings = {},
): Settings {
  const topics = sources.map(({ topic }) => topic?.settings ?? {});
  return Object.assign({}, SETTINGS, ...topics, own);
}

/**
 * Parses the service's settings, those of its sources and those of its
 * handlers.
 *
 * @param env The variables.
 * @param own The handlers' settings.
 * @param sources All sources.
 * @throws {ConfigError} Lists all problems.
 */
export function parseConfig<S extends Settings>(
  env: Environment,
  own: S,
  sources: readonly SourceSettings[],
): ParsedConfig<ServiceConfig & ConfigOf<S>> {
  const known = sources.map(({ name }) => name);
  return parseSettings<Settings, ServiceConfig & ConfigOf<S>>(env, {
    settings: tableOf(sources, own),
    problems(config) {
      const enabled = sources.filter(({ name }) =>
        config.sources.includes(name)
      );
      return [
        ...config.sources.filter((name) => !known.includes(name)).map((name) =>
          `SOURCES names "${name}": expected ${known.join(", ")}`
        ),
        ...idempotencyProblems(config),
        ...kafkaProblems(config),
        ...archiveProblems(config),
        ...enabled.flatMap(({ topic }) => topic?.problems?.(config) ?? []),
      ];
    },
  });
}
