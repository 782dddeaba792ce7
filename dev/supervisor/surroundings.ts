/**
 * What a service that is developed has around it, and keeps over its restarts: the AGS
 * emulator with all that it was told, the sidecar of messages, and the Web PubSub
 * emulator with its clients.
 *
 * @module
 */

import { join } from "node:path";
import { logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import { readEnvironment } from "../../lib/config/environment.ts";
import { parseSettings } from "../../lib/config/parse.ts";
import { SETTINGS } from "../../lib/config/table.ts";
import { ListenError } from "../../lib/core/listen_error.ts";
import {
  answerDev,
  type DevFacts,
  startDevServer,
} from "../deliveries/server.ts";
import { startMessaging } from "../emulator/messaging.ts";
import type { EmulatorOptions } from "../emulator/mod.ts";
import { startProjectEmulator } from "../emulator/project.ts";
import { emulatedAgs, EMULATOR_SETTINGS } from "../emulator_settings.ts";
import {
  emulatedWebPubSub,
  WEBPUBSUB_EMULATOR_SETTINGS,
} from "../web_pubsub_settings.ts";
import type { WebPubSubEmulatorOptions } from "../webpubsub_emulator/options.ts";

/** Options of {@linkcode createSurroundings}. */
export interface SurroundingsOptions {
  /** The project's folder. */
  readonly root: string;
  /** Prints a line. */
  readonly print: (line: string) => void;
  /** What is told to `send` and the like. */
  readonly facts: DevFacts;
}

/** What is around the service. */
export interface Surroundings extends AsyncDisposable {
  /**
   * Has it be as the settings want it by now. What they want as before stays as it is.
   *
   * @throws {ConfigError} `.env` cannot be read, or `EMULATOR_PORT` is no port.
   * @throws {ListenError} A port cannot be opened.
   */
  settle(): Promise<void>;
  /** Delivers messages to the service at this port from now on. */
  deliverTo(grpcPort: number): void;
}

/** Something that runs, and what it was started with. */
interface Kept<T> {
  readonly wanted: string;
  readonly running: T;
}

/** Creates them; nothing runs yet. */
export function createSurroundings(options: SurroundingsOptions): Surroundings {
  const { root, print, facts } = options;
  const emulator = keeper(
    (wanted: EmulatorOptions & { readonly port: number }) =>
      startProjectEmulator({
        ...wanted,
        folder: "emulator",
        print,
        intercept: ({ target, headers: { host } }) =>
          answerDev(facts, {
            target,
            host: typeof host === "string" ? host : undefined,
          }),
      }),
    EMULATOR_SETTINGS.emulatorPort.env,
  );
  const messaging = keeper(
    (wanted: { readonly port: number }) =>
      startMessaging({ ...wanted, protoFolder: join(root, "proto"), print }),
    SETTINGS.asyncMessagingPublisherGrpcPort.env,
  );
  const webPubSub = keeper(
    async (wanted: WebPubSubEmulatorOptions & { readonly port: number }) => {
      // Needed by few, and a start's time is everybody's.
      const { startWebPubSubEmulator } = await import(
        "../webpubsub_emulator/mod.ts"
      );
      return await startWebPubSubEmulator({ ...wanted, print });
    },
    WEBPUBSUB_EMULATOR_SETTINGS.webPubSubEmulatorPort.env,
  );
  const alone = keeper(
    (wanted: { readonly port: number }) =>
      Promise.try(startDevServer, facts, wanted),
    EMULATOR_SETTINGS.emulatorPort.env,
  );
  let grpcPort: number | undefined;
  // The library's own line of a port that is taken says less than ours.
  setLogVerbosity(logVerbosity.NONE);

  return {
    async settle() {
      const own = readEnvironment(".env", {
        ...SETTINGS,
        ...EMULATOR_SETTINGS,
        ...WEBPUBSUB_EMULATOR_SETTINGS,
      });
      const wanted = emulatedWebPubSub(own)?.options;
      if (wanted === undefined) await webPubSub.end();
      else await webPubSub.keep(wanted);
      const emulated = emulatedAgs(own);
      if (emulated === undefined) {
        await messaging.end();
        await emulator.end();
        const { config } = parseSettings(own, { settings: EMULATOR_SETTINGS });
        await alone.keep({ port: config.emulatorPort });
        return;
      }
      await alone.end();
      const { AB_NAMESPACE, AB_CLIENT_ID, AB_CLIENT_SECRET } = emulated.env;
      const isNew = await emulator.keep({
        port: emulated.port,
        namespace: own.AB_NAMESPACE || AB_NAMESPACE!,
        clientId: own.AB_CLIENT_ID || AB_CLIENT_ID!,
        clientSecret: own.AB_CLIENT_SECRET || AB_CLIENT_SECRET!,
      });
      if (isNew === "again") {
        print("Emulator is empty again: its settings have changed");
      }
      const { env, default: usual, schema } =
        SETTINGS.asyncMessagingPublisherGrpcPort;
      const port = schema.safeParse(own[env] || usual!).data;
      // The service will say what is wrong with it.
      if (port === undefined) return;
      await messaging.keep({ port });
      if (grpcPort !== undefined) messaging.running?.deliverTo(grpcPort);
    },
    deliverTo(port) {
      grpcPort = port;
      messaging.running?.deliverTo(port);
    },
    async [Symbol.asyncDispose]() {
      await webPubSub.end();
      await messaging.end();
      await emulator.end();
      await alone.end();
    },
  };
}

/** Keeps one server running with what is wanted of it. */
function keeper<O extends { readonly port: number }, T extends AsyncDisposable>(
  start: (wanted: O) => Promise<T>,
  setting: string,
) {
  let kept: Kept<T> | undefined;

  async function end(): Promise<void> {
    await kept?.running[Symbol.asyncDispose]();
    kept = undefined;
  }

  return {
    get running() {
      return kept?.running;
    },
    end,
    /** Whether it runs as before, for the first time, or from the beginning again. */
    async keep(wanted: O): Promise<"kept" | "first" | "again"> {
      const text = JSON.stringify(wanted);
      if (kept?.wanted === text) return "kept";
      const how = kept === undefined ? "first" : "again";
      await end();
      try {
        kept = { wanted: text, running: await start(wanted) };
      } catch (cause) {
        if (!isSystemError(cause)) throw cause;
        throw new ListenError(wanted.port, setting, { cause });
      }
      return how;
    },
  };
}

/** Whether the system refused: `node:http` says so, gRPC has one error for all. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error &&
    (error instanceof Deno.errors.AddrInUse || "syscall" in error ||
      /\bEADDR|\bEACCES\b/.test(error.message));
}
