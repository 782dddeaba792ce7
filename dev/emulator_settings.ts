/**
 * The settings of the AGS emulator, and those of the service that it stands in for.
 *
 * @module
 */

import { port } from "../lib/config/kinds.ts";
import { type Environment, parseSettings } from "../lib/config/parse.ts";
import { defineSettings } from "../lib/config/setting.ts";
import {
  CONSUMABLE_ITEM_ID,
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  DEFAULT_NAMESPACE,
} from "./emulator/mod.ts";

/** The settings that the service does not have. */
export const EMULATOR_SETTINGS = defineSettings({
  /** Where the emulator listens. */
  emulatorPort: {
    env: "EMULATOR_PORT",
    doc: "Port of the AGS emulator",
    expected: "a port from 1 to 65535",
    default: "8090",
    schema: port,
  },
});

/** What the emulator stands in for. */
export interface EmulatedAgs {
  /** Where it listens. */
  readonly port: number;
  /** The service's variables, to be used where they are not set. */
  readonly env: Environment;
}

/**
 * Says what the emulator stands in for; `undefined` where the settings name an AGS.
 *
 * @param given The variables that are set.
 * @throws {ConfigError} `EMULATOR_PORT` is no port.
 */
export function emulatedAgs(given: Environment): EmulatedAgs | undefined {
  if (given.AB_BASE_URL) return undefined;
  const { config } = parseSettings(given, { settings: EMULATOR_SETTINGS });
  return {
    port: config.emulatorPort,
    env: {
      AB_BASE_URL: `http://127.0.0.1:${config.emulatorPort}`,
      AB_CLIENT_ID: DEFAULT_CLIENT_ID,
      AB_CLIENT_SECRET: DEFAULT_CLIENT_SECRET,
      AB_NAMESPACE: DEFAULT_NAMESPACE,
      ITEM_ID_TO_GRANT: CONSUMABLE_ITEM_ID,
    },
  };
}
