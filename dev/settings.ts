/**
 * The settings of the development tools: the service's own, with the emulator's in
 * place of those that are missing when no AGS is named.
 *
 * @module
 */

import { readEnvironment } from "../lib/config/environment.ts";
import { ConfigError, type Environment } from "../lib/config/parse.ts";
import { shownValue } from "../lib/config/shown_value.ts";
import { ALL_SETTINGS } from "./all_settings.ts";
import {
  CONSUMABLE_ITEM_ID,
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  DEFAULT_NAMESPACE,
} from "./emulator/mod.ts";

/** The settings of `deno task dev` and `deno task send`. */
export interface DevSettings {
  /** Variables by name, the emulator's included. */
  readonly env: Environment;
  /** Variables that the user has set. */
  readonly given: ReadonlySet<string>;
  /** The emulator's port; `undefined` when a real AGS is named. */
  readonly emulatorPort: number | undefined;
}

/** Where the emulator listens, unless `EMULATOR_PORT` says otherwise. */
const DEFAULT_EMULATOR_PORT = 8090;

/** Where Kafka of `docker-compose.yaml` listens. */
const DEFAULT_BROKERS = "localhost:9092";

/** Options of {@linkcode readDevSettings}. */
export interface DevSettingsOptions {
  /** Whether there is a Kafka, named or not. @default {one is named} */
  readonly hasKafka?: boolean;
}

/**
 * Reads the environment and `.env`. Without `AB_BASE_URL`, AGS is the emulator. With a
 * Kafka events come from there, too; without one, those that are published are printed.
 *
 * @throws {ConfigError} `.env` is there and cannot be read, or `EMULATOR_PORT` is
 * needed and no port.
 */
export function readDevSettings(
  { hasKafka = false }: DevSettingsOptions = {},
): DevSettings {
  const own = readEnvironment(".env", ALL_SETTINGS);
  const given = new Set(Object.keys(own).filter((name) => own[name]));
  const set = Object.fromEntries(
    Object.entries(own).filter(([name]) => given.has(name)),
  );
  const shared = {
    LOG_FORMAT: "pretty",
    ...(hasKafka || given.has("KAFKA_BROKERS")
      ? { SOURCES: "grpc,kafka", KAFKA_BROKERS: DEFAULT_BROKERS }
      : { EVENT_STREAM: "stdout" }),
  };
  if (given.has("AB_BASE_URL")) {
    return { env: { ...shared, ...set }, given, emulatorPort: undefined };
  }
  const emulatorPort = readEmulatorPort();
  const emulated = {
    AB_BASE_URL: `http://127.0.0.1:${emulatorPort}`,
    AB_CLIENT_ID: DEFAULT_CLIENT_ID,
    AB_CLIENT_SECRET: DEFAULT_CLIENT_SECRET,
    AB_NAMESPACE: DEFAULT_NAMESPACE,
    ITEM_ID_TO_GRANT: CONSUMABLE_ITEM_ID,
  };
  return { env: { ...shared, ...emulated, ...set }, given, emulatorPort };
}

function readEmulatorPort(): number {
  const text = Deno.env.get("EMULATOR_PORT")?.trim();
  if (!text) return DEFAULT_EMULATOR_PORT;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new ConfigError([
    "EMULATOR_PORT is invalid: expected a port from 1 to 65535, found " +
    shownValue(text),
  ]);
}
