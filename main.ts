// deno-lint-ignore-file no-console -- Writes to a terminal.

/**
 * The service's entry point: reads settings, handles events, runs until it is
 * told to stop.
 *
 * @module
 */

import { join } from "node:path";
import { handlers } from "./handlers/mod.ts";
import { settings as ownSettings } from "./handlers/settings.ts";
import { readEnvironment } from "./lib/config/environment.ts";
import { ConfigError, type Environment } from "./lib/config/parse.ts";
import { withoutSecrets } from "./lib/config/secret.ts";
import { misspeltSettings } from "./lib/config/misspelt.ts";
import type { Settings } from "./lib/config/setting.ts";
import { parseConfig, tableOf } from "./lib/config/table.ts";
import type { Config } from "./lib/core/config.ts";
import { readBuildInfo } from "./lib/process/build_info.ts";
import { configText, helpText } from "./lib/config/text.ts";
import { StartError } from "./lib/core/errors.ts";
import type { Handler } from "./lib/core/on.ts";
import { checkRunning, diagnose } from "./lib/process/doctor.ts";
import { type Service, startService } from "./lib/service.ts";
import { SOURCES } from "./lib/sources.ts";
import { stopSignals } from "./lib/process/stop_signals.ts";
import {
  hushed,
  type StopRequest,
  type Supervisor,
} from "./lib/process/supervisor.ts";
import { logStrayErrors } from "./lib/process/stray_errors.ts";
import { captureConsole } from "./lib/telemetry/console.ts";
import { startLogging } from "./lib/telemetry/log.ts";

/** sysexits.h: the settings are invalid. */
const EX_CONFIG = 78;

/** It may start so, as what is deployed before the first handler. */
const NO_HANDLERS = "No event has a handler, and AGS will deliver none: " +
  "./task new handler <event> makes one, ./task events finds the event";

/** Options of {@linkcode main}. */
export interface MainOptions {
  /** Command line arguments. */
  readonly args: readonly string[];
  /** Reads the environment variables of a settings table. */
  readonly readEnvironment: (settings: Settings) => Environment;
  /** The handlers to serve. @default {those of `handlers/mod.ts`} */
  readonly handlers?: readonly Handler[];
  /** The handlers' own settings. @default {those of `handlers/settings.ts`} */
  readonly settings?: Settings;
  /** Called once the service accepts events. */
  readonly onStarted?: (service: Service, config: Config) => void;
  /** Starts and stops this process. @default {none: signals stop it} */
  readonly supervisor?: Supervisor;
}

/**
 * Runs the service until SIGTERM or SIGINT, then drains it.
 *
 * @returns The exit code: 0 after a stop signal, 78 if the settings are
 * invalid, 1 if the service cannot start or `doctor` found a problem, 2 for an
 * unknown argument.
 */
export async function main(options: MainOptions): Promise<number> {
  const { args, settings = ownSettings } = options;
  const table = tableOf(SOURCES, settings);
  const unknown = args.find((arg) => !KNOWN_ARGS.has(arg));
  if (unknown !== undefined) {
    console.error(`Argument "${unknown}" is unknown: see --help`);
    return 2;
  }
  if (args.includes("--running") && !args.includes("doctor")) {
    console.error('Argument "--running" belongs to "doctor": see --help');
    return 2;
  }
  if (args.includes("--help")) {
    console.log(helpText(table).trimEnd());
    return 0;
  }
  if (args.includes("--version")) {
    const { version, commit } = readBuildInfo(FOLDER);
    console.log(
      `extend-event-handler ${version} (${commit}, deno ${Deno.version.deno})`,
    );
    return 0;
  }
  let config: Config;
  try {
    const env = options.readEnvironment(table);
    config = parseConfig(env, settings, SOURCES).config as Config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) console.error(problem);
    for (const text of misspelt(table)) console.error(text);
    return EX_CONFIG;
  }
  if (args.includes("--print-config")) {
    console.log(configText(config, table).trimEnd());
    return 0;
  }
  if (args.includes("doctor")) {
    return await doctor(config, {
      settings,
      isRunning: args.includes("--running"),
    });
  }
  return await serve(config, options);
}

const KNOWN_ARGS: ReadonlySet<string> = new Set([
  "--help",
  "--version",
  "--print-config",
  "doctor",
  "--running",
]);

const FOLDER = import.meta.dirname ?? ".";
const PROTO_FOLDER = join(FOLDER, "proto");

async function doctor(
  config: Config,
  { settings, isRunning }: {
    readonly settings: Settings;
    readonly isRunning: boolean;
  },
): Promise<number> {
  const examine = isRunning ? checkRunning : diagnose;
  const findings = await examine(config, {
    protoFolder: PROTO_FOLDER,
    settings,
  });
  for (const { name, verdict, text } of findings) {
    console.log(`${verdict.padEnd(8)} ${name}: ${withoutSecrets(text)}`);
  }
  return findings.some(({ verdict }) => verdict === "failed") ? 1 : 0;
}

async function serve(config: Config, options: MainOptions): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const { supervisor } = options;
  const logging = stack.use(
    startLogging({ level: config.logLevel, format: config.logFormat }),
  );
  const { levels, output, confirm } = logging;
  const logs = supervisor === undefined
    ? logging.logs
    : hushed(logging.logs, () => supervisor.isQuiet());
  const log = logs.service;
  stack.use(logStrayErrors(log));
  for (
    const text of misspelt(tableOf(SOURCES, options.settings ?? ownSettings))
  ) {
    log.warn(text);
  }
  // Listens before anything starts, so that a signal stops the start-up, too.
  const stopped = supervisor?.stop ?? bySignal(stack.use(stopSignals()));
  let service: Service;
  try {
    service = stack.use(
      await startService({
        config,
        handlers: options.handlers ?? handlers,
        log,
        logs,
        output,
        confirm,
        logsPayloads: levels.events === "debug",
        protoFolder: PROTO_FOLDER,
        build: readBuildInfo(FOLDER),
        ...(supervisor && {
          openMemory: () => supervisor.openMemory(),
          witness: supervisor.witness,
        }),
      }),
    );
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    // Once: what a person reads of a log is the text already.
    if (!logging.isPretty) log.error("Service cannot start", { error });
    console.error(withoutSecrets(error.message));
    return 1;
  }
  log.info("Service started", {
    endpoints: Object.fromEntries(
      service.endpoints.map(({ label, value }) => [label, value]),
    ),
    metricsPort: service.metricsPort,
    eventTypes: service.types,
  });
  if (service.types.length === 0) log.warn(NO_HANDLERS);
  options.onStarted?.(service, config);
  stack.use(captureConsole(log));
  const { by, grace } = await stopped;
  log.info("Service is draining", { signal: by });
  await service.stop(grace);
  log.info("Service stopped");
  return 0;
}

/** What is ignored of `.env` by mistake; a file that cannot be read was reported. */
function misspelt(table: Settings): readonly string[] {
  try {
    return misspeltSettings(".env", table);
  } catch (error) {
    if (error instanceof ConfigError) return [];
    throw error;
  }
}

async function bySignal(
  { received }: { readonly received: Promise<Deno.Signal> },
): Promise<StopRequest> {
  return { by: await received };
}

/**
 * Runs the service as this process, and ends it.
 *
 * @param app The app to serve instead of the one in `handlers/`.
 */
export async function run(
  app: Pick<MainOptions, "handlers" | "settings"> = {},
): Promise<never> {
  return Deno.exit(
    await main({
      ...app,
      args: Deno.args,
      readEnvironment: (table) => readEnvironment(".env", table),
    }),
  );
}

if (import.meta.main) await run();
