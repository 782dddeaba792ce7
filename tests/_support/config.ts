/**
 * Settings for tests.
 *
 * @module
 */

import { type ReferenceConfig, settings } from "../../dev/reference/mod.ts";
import type { Environment, ParsedConfig } from "../../lib/config/parse.ts";
import type { Settings } from "../../lib/config/setting.ts";
import { parseConfig, tableOf } from "../../lib/config/table.ts";
import { SOURCES } from "../../lib/sources.ts";

/** Values of the variables that have no default. No AGS answers there. */
export const REQUIRED_VARIABLES = {
  AB_BASE_URL: "http://127.0.0.1:1",
  AB_CLIENT_ID: "test-client",
  AB_CLIENT_SECRET: "test-client-secret",
  AB_NAMESPACE: "test-namespace",
  ITEM_ID_TO_GRANT: "test-item",
} as const;

/** All settings of the reference app, as its documents show them. */
export const TEST_SETTINGS: Settings = tableOf(SOURCES, settings);

/** Parses the settings of the reference app, as its `main.ts` does. */
export function parseAll(env: Environment): ParsedConfig<ReferenceConfig> {
  return parseConfig(env, settings, SOURCES) as ParsedConfig<ReferenceConfig>;
}

/** The defaults, on any free ports, with what a test wants otherwise. */
export function testConfig(
  overrides: Partial<ReferenceConfig> = {},
): ReferenceConfig {
  const { config } = parseAll(REQUIRED_VARIABLES);
  return {
    ...config,
    grpcPort: 0,
    httpPort: 0,
    metricsPort: 0,
    // By default they would be kept in the folder in which the tests run.
    deadLetter: "log",
    ...overrides,
  };
}
