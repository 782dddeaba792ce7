/**
 * Settings for tests.
 *
 * @module
 */

import { settings } from "../../handlers/settings.ts";
import type { Environment, ParsedConfig } from "../../lib/config/parse.ts";
import { parseConfig } from "../../lib/config/table.ts";
import { SOURCES } from "../../lib/sources.ts";
import type { Config } from "../../lib/core/config.ts";

/** Values of the variables that have no default. No AGS answers there. */
export const REQUIRED_VARIABLES = {
  AB_BASE_URL: "http://127.0.0.1:1",
  AB_CLIENT_ID: "test-client",
  AB_CLIENT_SECRET: "test-client-secret",
  AB_NAMESPACE: "test-namespace",
  ITEM_ID_TO_GRANT: "test-item",
} as const;

/** Parses the settings of this app, as `main.ts` does. */
export function parseAll(env: Environment): ParsedConfig<Config> {
  return parseConfig(env, settings, SOURCES);
}

/** The defaults, on any free ports, with what a test wants otherwise. */
export function testConfig(overrides: Partial<Config> = {}): Config {
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
