/**
 * What the banner of `./task dev` says.
 *
 * @module
 */

import type { Environment } from "../../lib/config/parse.ts";
import { SETTINGS } from "../../lib/config/table.ts";
import type { Service } from "../../lib/service.ts";
import { allSettings } from "../all_settings.ts";
import { task } from "../_command.ts";
import type { DevSettings } from "../settings.ts";
import type { Row } from "./rows.ts";

/**
 * The rows of the banner.
 *
 * @param service The service that has started.
 * @param settings What it was started with.
 */
export function bannerRows(
  service: Service,
  { env, given, emulatorPort, webPubSubEmulatorPort }: DevSettings,
): readonly Row[] {
  const isEmulated = emulatorPort !== undefined;
  const ags = isEmulated
    ? `emulator at ${env.AB_BASE_URL} (no account needed; AB_BASE_URL is not set)`
    : `${env.AB_BASE_URL}`;
  const messaging = env.ASYNC_MESSAGING_PUBLISHER_GRPC_PORT ??
    SETTINGS.asyncMessagingPublisherGrpcPort.default;
  return [
    ["Handlers", handlersOf(service)],
    ...service.endpoints.map(({ label, value }): Row => [label, value]),
    ["Metrics", `http://localhost:${service.metricsPort}/metrics`],
    ["AGS", ags],
    ...(isEmulated
      ? [["Messaging", `emulated publisher at localhost:${messaging}`] as const]
      : []),
    ...(webPubSubEmulatorPort !== undefined
      ? [
        [
          "Clients",
          `ws://127.0.0.1:${webPubSubEmulatorPort}/client/hubs/<hub> (Web PubSub emulator)`,
        ] as const,
      ]
      : []),
    ...publishing(service, env),
    ["Namespace", `${env.AB_NAMESPACE}`],
    ["Defaults", defaultsOf(given)],
    ["Try", task(`send ${service.types[0] ?? "<event>"}`)],
  ];
}

/** The types with a handler, or how to make the first. */
function handlersOf({ types }: Service): string {
  if (types.length > 0) return types.join("\n");
  return `none yet: ${task("new handler <event>")} makes one, ` +
    `${task("events")} finds the event`;
}

/** What is not set: by name where the emulator stands in, the rest by number. */
function defaultsOf(given: DevSettings["given"]): string {
  const unset = allSettings.filter(({ env }) => !given.has(env));
  const emulated = unset.filter((setting) => setting.default === undefined)
    .map(({ env }) => env);
  const rest = unset.length - emulated.length;
  const help = `(${task("start --help")})`;
  if (emulated.length === 0) return `${rest} settings ${help}`;
  return `${wrap(emulated)}\nand ${rest} more ${help}`;
}

/** Where what handlers publish goes, where the Kafka source does not say it. */
function publishing(
  { endpoints }: Service,
  env: Environment,
): readonly Row[] {
  if (endpoints.some(({ label }) => label === "Kafka")) return [];
  const where = env.KAFKA_BROKERS === undefined
    ? "none: what handlers publish is printed (KAFKA_BROKERS is not set)"
    : `${env.KAFKA_BROKERS}, to publish only`;
  return [["Kafka", where]];
}

function wrap(names: readonly string[]): string {
  const lines = [""];
  for (const name of names) {
    const last = lines.length - 1;
    if (`${lines[last]}${name}`.length > 64) lines.push(name);
    else lines[last] += (lines[last] === "" ? "" : " ") + name;
  }
  return lines.join("\n");
}
