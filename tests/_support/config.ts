/**
 * Settings for tests.
 *
 * @module
 */

import { type Config, parseConfig } from "../../lib/config/config.ts";

/** Values of the variables that have no default. No AGS answers there. */
export const REQUIRED_VARIABLES = {
  AB_BASE_URL: "http://127.0.0.1:1",
  AB_CLIENT_ID: "test-client",
  AB_CLIENT_SECRET: "test-client-secret",
  AB_NAMESPACE: "test-namespace",
  ITEM_ID_TO_GRANT: "test-item",
} as const;

/** The defaults, on any free ports, with what a test wants otherwise. */
export function testConfig(overrides: Partial<Config> = {}): Config {
  const { config } = parseConfig(REQUIRED_VARIABLES);
  return { ...config, grpcPort: 0, metricsPort: 0, ...overrides };
}
