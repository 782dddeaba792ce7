/**
 * The settings of the development tools: the service's own, with the emulator's in
 * place of those that are missing when no AGS is named.
 *
 * @module
 */

import { readEnvironment } from "../lib/config/environment.ts";
import { type Environment, parseSettings } from "../lib/config/parse.ts";
import { ALL_SETTINGS } from "./all_settings.ts";
import { emulatedAgs, EMULATOR_SETTINGS } from "./emulator_settings.ts";
import {
  emulatedWebPubSub,
  WEBPUBSUB_EMULATOR_SETTINGS,
} from "./web_pubsub_settings.ts";

/** The settings of `./task dev` and `./task send`. */
export interface DevSettings {
  /** Variables by name, the emulator's included. */
  readonly env: Environment;
  /** Variables that the user has set. */
  readonly given: ReadonlySet<string>;
  /** The emulator's port; `undefined` when a real AGS is named. */
  readonly emulatorPort: number | undefined;
  /** The Web PubSub emulator's port; `undefined` when there is none. */
  readonly webPubSubEmulatorPort: number | undefined;
  /** Where `task dev` tells what becomes of events: the emulator's port, with or without one. */
  readonly devPort: number;
}

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
 * @throws {ConfigError} `.env` cannot be read, or `EMULATOR_PORT` is not a port.
 */
export function readDevSettings(
  { hasKafka = false }: DevSettingsOptions = {},
): DevSettings {
  const own = readEnvironment(".env", {
    ...ALL_SETTINGS,
    ...EMULATOR_SETTINGS,
    ...WEBPUBSUB_EMULATOR_SETTINGS,
  });
  const isGiven = (name: string) => Boolean(own[name]);
  const set = Object.fromEntries(
    Object.entries(own).filter(([name]) => isService(name) && isGiven(name)),
  );
  const given = new Set(Object.keys(set));
  const shared = {
    LOG_FORMAT: "pretty",
    ...(hasKafka || given.has("KAFKA_BROKERS")
      ? { SOURCES: "grpc,kafka", KAFKA_BROKERS: DEFAULT_BROKERS }
      : { EVENT_STREAM: "stdout" }),
  };
  const emulated = emulatedAgs(own);
  const webPubSub = emulatedWebPubSub(own);
  return {
    env: { ...shared, ...emulated?.env, ...webPubSub?.env, ...set },
    given,
    emulatorPort: emulated?.port,
    webPubSubEmulatorPort: webPubSub?.options.port,
    devPort: parseSettings(own, { settings: EMULATOR_SETTINGS }).config
      .emulatorPort,
  };
}

function isService(name: string): boolean {
  return name !== EMULATOR_SETTINGS.emulatorPort.env &&
    name !== WEBPUBSUB_EMULATOR_SETTINGS.webPubSubEmulatorPort.env;
}
