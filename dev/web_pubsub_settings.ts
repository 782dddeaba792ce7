/**
 * The settings of the Web PubSub emulator, and those of the service that it stands in
 * for.
 *
 * @module
 */

import { port } from "../lib/config/kinds.ts";
import { type Environment, parseSettings } from "../lib/config/parse.ts";
import { defineSettings } from "../lib/config/setting.ts";
import { SETTINGS } from "../lib/config/table.ts";
import {
  DEFAULT_ACCESS_KEY,
  type WebPubSubEmulatorOptions,
} from "./webpubsub_emulator/options.ts";

/** The settings that the service does not have. */
export const WEBPUBSUB_EMULATOR_SETTINGS = defineSettings({
  /** Where the emulator listens. */
  webPubSubEmulatorPort: {
    env: "WEBPUBSUB_EMULATOR_PORT",
    doc: "Port of the Web PubSub emulator",
    expected: "a port from 1 to 65535",
    default: "8091",
    schema: port,
  },
});

/** What the emulator stands in for. */
export interface EmulatedWebPubSub {
  /** How it is started. */
  readonly options: WebPubSubEmulatorOptions & { readonly port: number };
  /** The service's variables, to be used where they are not set. */
  readonly env: Environment;
}

/**
 * Says how the emulator stands in for Web PubSub; `undefined` where the source is not
 * enabled, or the settings name a Web PubSub.
 *
 * @param given The variables that are set.
 * @throws {ConfigError} `WEBPUBSUB_EMULATOR_PORT` is no port.
 */
export function emulatedWebPubSub(
  given: Environment,
): EmulatedWebPubSub | undefined {
  const isEnabled = (given.SOURCES ?? "").split(",")
    .some((name) => name.trim() === "webPubSub");
  const { WEBPUBSUB_CONNECTION_STRINGS: strings, WEBPUBSUB_AUTH: auth } = given;
  if (!isEnabled || strings || auth && auth !== "key") return undefined;
  const { config } = parseSettings(given, {
    settings: WEBPUBSUB_EMULATOR_SETTINGS,
  });
  const { webPubSubEmulatorPort: port } = config;
  return {
    options: {
      port,
      // A page or a program of one's own can connect at once.
      allowAnonymous: true,
      upstream: [{ url: upstreamUrl(given), groupEvents: ["joined", "left"] }],
    },
    env: {
      WEBPUBSUB_CONNECTION_STRINGS:
        `Endpoint=http://127.0.0.1:${port};AccessKey=${DEFAULT_ACCESS_KEY};Version=1.0;`,
    },
  };
}

/** Where the service on this machine takes Web PubSub's events. */
export function upstreamUrl(env: Environment): string {
  const valueOf = (
    setting: { readonly env: string; readonly default?: string },
  ) => env[setting.env] || setting.default || "";
  const port = valueOf(SETTINGS.httpPort);
  const base = valueOf(SETTINGS.basePath).replace(/\/$/, "");
  const url = `http://127.0.0.1:${port}${base}${
    valueOf(SETTINGS.webPubSubPath)
  }`;
  const code = env[SETTINGS.webPubSubCode.env];
  return code ? `${url}?code=${encodeURIComponent(code)}` : url;
}
