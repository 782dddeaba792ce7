// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `deno task dev`: the service as it ships, with the AGS emulator in place of AGS
 * when no AGS is named.
 *
 * @module
 */

import { join } from "node:path";
import { ConfigError, type Environment } from "../lib/config/parse.ts";
import { SETTINGS } from "../lib/config/table.ts";
import { ListenError } from "../lib/core/listen_error.ts";
import type { Service } from "../lib/service.ts";
import { main } from "../main.ts";
import { command } from "./_command.ts";
import { type Messaging, startMessaging } from "./emulator/messaging.ts";
import { type Emulator, startEmulator } from "./emulator/mod.ts";
import { allSettings } from "./all_settings.ts";
import { type DevSettings, readDevSettings } from "./settings.ts";

/** Takes events from Kafka, too: from the one that is named, or the usual one here. */
const KAFKA = "--kafka";

async function dev(): Promise<number> {
  const { readSettings, devSettings } = settle();
  await using stack = new AsyncDisposableStack();
  let emulator: Emulator | undefined;
  if (devSettings?.emulatorPort !== undefined) {
    const { env, emulatorPort } = devSettings;
    try {
      emulator = stack.use(
        await startEmulator({
          port: emulatorPort,
          namespace: env.AB_NAMESPACE!,
          clientId: env.AB_CLIENT_ID!,
          clientSecret: env.AB_CLIENT_SECRET!,
        }),
      );
    } catch (cause) {
      if (!isSystemError(cause)) throw cause;
      const error = new ListenError(emulatorPort, "EMULATOR_PORT", { cause });
      console.error(error.message);
      return 1;
    }
  }
  let messaging: Messaging | undefined;
  if (emulator !== undefined && devSettings !== undefined) {
    const port = messagingPort(devSettings);
    try {
      messaging = port === undefined ? undefined : stack.use(
        await startMessaging({
          port,
          protoFolder: join(import.meta.dirname ?? ".", "..", "proto"),
          print: (line) => console.log(line),
        }),
      );
    } catch (cause) {
      const name = SETTINGS.asyncMessagingPublisherGrpcPort.env;
      console.error(new ListenError(port ?? 0, name, { cause }).message);
      return 1;
    }
  }
  return await main({
    args: Deno.args.filter((arg) => arg !== KAFKA),
    readEnvironment: () => readSettings().env,
    onStarted: (service) => {
      messaging?.deliverTo(service.portOf("grpc"));
      if (devSettings !== undefined) {
        showBanner(service, devSettings, { emulator, messaging });
      }
    },
  });
}

/** Whether the system refused: the emulator stands on `node:http`. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

/** Reads the settings once; what is wrong with them is reported as `main` does. */
function settle(): {
  readonly readSettings: () => DevSettings;
  readonly devSettings: DevSettings | undefined;
} {
  try {
    const hasKafka = Deno.args.includes(KAFKA);
    const devSettings = readDevSettings({ hasKafka });
    return { readSettings: () => devSettings, devSettings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return {
      readSettings: () => {
        throw error;
      },
      devSettings: undefined,
    };
  }
}

/** The sidecar's port; `undefined` when the service will say what is wrong with it. */
function messagingPort({ env }: DevSettings): number | undefined {
  const { env: name, default: usual = "", schema } =
    SETTINGS.asyncMessagingPublisherGrpcPort;
  return schema.safeParse(env[name]?.trim() || usual).data;
}

/** What stands in for AGS. */
interface Emulated {
  readonly emulator: Emulator | undefined;
  readonly messaging: Messaging | undefined;
}

function showBanner(
  service: Service,
  { env, given }: DevSettings,
  { emulator, messaging }: Emulated,
): void {
  const ags = emulator === undefined
    ? env.AB_BASE_URL
    : `emulator at ${emulator.url} (no account needed; AB_BASE_URL is not set)`;
  const rows: [string, string][] = [
    ["Handlers", service.types.join("\n")],
    ...service.endpoints.map(({ label, value }): [string, string] => [
      label,
      value,
    ]),
    ["Metrics", `http://localhost:${service.metricsPort}/metrics`],
    ["AGS", `${ags}`],
    ...(messaging === undefined ? [] : [rowOf(messaging)]),
    ...publishing(service, env),
    ["Namespace", `${env.AB_NAMESPACE}`],
    ["Defaults", defaultsOf(given)],
    ["Try", `${command()} task send ${service.types[0] ?? "<event>"}`],
  ];
  const body = rows.map(([name, value]) =>
    `  ${name.padEnd(10)} ${value.replaceAll("\n", `\n${" ".repeat(13)}`)}`
  );
  console.log(`\n${body.join("\n")}\n`);
}

function rowOf({ port }: Messaging): [string, string] {
  return ["Messaging", `emulated publisher at localhost:${port}`];
}

/** What is not set: by name where the emulator stands in, the rest by number. */
function defaultsOf(given: DevSettings["given"]): string {
  const unset = allSettings.filter(({ env }) => !given.has(env));
  const emulated = unset.filter((setting) => setting.default === undefined)
    .map(({ env }) => env);
  const rest = unset.length - emulated.length;
  const help = `(${command()} task start --help)`;
  if (emulated.length === 0) return `${rest} settings ${help}`;
  return `${wrap(emulated)}\nand ${rest} more ${help}`;
}

/** Where what handlers publish goes, where the Kafka source does not say it. */
function publishing(
  { endpoints }: Service,
  env: Environment,
): readonly [string, string][] {
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

Deno.exit(await dev());
