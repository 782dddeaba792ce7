/**
 * The service as `./task dev` runs it: as it ships, but that it is stopped by the
 * process above, where its memory of events lives on.
 *
 * @module
 */

import process from "node:process";
import { ConfigError } from "../../lib/config/parse.ts";
import type { StopRequest } from "../../lib/process/supervisor.ts";
import { handlers } from "../../handlers/mod.ts";
import { main } from "../../main.ts";
import { createActivities } from "../deliveries/activity.ts";
import type { DeliveryNote } from "../deliveries/delivery.ts";
import { type DevSettings, readDevSettings } from "../settings.ts";
import { bannerRows } from "./banner.ts";
import { type FromService, RESTART, type ToService } from "./messages.ts";
import { nameListed } from "./listed_files.ts";
import { createRemoteMemory } from "./remote_memory.ts";

/** Arguments: whether there is a Kafka, and whether this is a start anew. */
const args = new Set(Deno.args);

function send(message: FromService): void {
  process.send?.(message);
}

const stop = Promise.withResolvers<StopRequest>();
const memory = createRemoteMemory(send);
let isQuiet = args.has(`--${RESTART}`);

process.on("message", (message: ToService) => {
  if (message.kind === "answer") return memory.answered(message);
  isQuiet = message.by === RESTART;
  send({ kind: "stopping" });
  stop.resolve({
    by: message.by,
    ...(message.grace !== undefined && { grace: message.grace }),
  });
});
// The process above is gone, and nobody else would end this one.
process.on("disconnect", () => Deno.exit(1));
// Ctrl-C reaches this process, too: it is the one above that acts on it.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  if (signal === "SIGINT" || Deno.build.os !== "windows") {
    Deno.addSignalListener(signal, () => {});
  }
}

/** Reads the settings once; what is wrong with them is reported as `main` does. */
function settle(): () => DevSettings {
  try {
    const settings = readDevSettings({ hasKafka: args.has("--kafka") });
    return () => settings;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return () => {
      throw error;
    };
  }
}

const settings = settle();
nameListed(handlers);

/** Notes on their way; more than so many are not sent: nothing waits for them. */
const MAX_PENDING_NOTES = 1_000;
let pendingNotes = 0;

function sendNote(note: DeliveryNote): void {
  if (pendingNotes >= MAX_PENDING_NOTES || !process.connected) return;
  pendingNotes++;
  process.send?.({ kind: "delivery", note } satisfies FromService, () => {
    pendingNotes--;
  });
}

const activities = createActivities({
  note: sendNote,
  anyNamespace: takesAnyNamespace(settings),
});

/** Whether nobody has said which namespace is the own one: the emulator's is. */
function takesAnyNamespace(settings: () => DevSettings): boolean {
  try {
    const { given, emulatorPort } = settings();
    return emulatorPort !== undefined && !given.has("AB_NAMESPACE");
  } catch {
    // What is wrong with the settings is said by `main`.
    return false;
  }
}

Deno.exit(
  await main({
    args: [],
    handlers: activities.observed(handlers),
    readEnvironment: () => settings().env,
    supervisor: {
      stop: stop.promise,
      isQuiet: () => isQuiet,
      openMemory: () => memory,
      witness: activities.witness,
    },
    onStarted(service, { shutdownGrace }) {
      const grpc = service.endpoints.some(({ label }) => label === "gRPC");
      send({
        kind: "started",
        rows: bannerRows(service, settings()),
        shutdownGrace,
        ...(grpc && { grpcPort: service.portOf("grpc") }),
      });
      isQuiet = false;
    },
  }),
);
