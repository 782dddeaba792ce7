/**
 * The service as `deno task dev` runs it: as it ships, but that it is stopped by the
 * process above, where its memory of events lives on.
 *
 * @module
 */

import process from "node:process";
import { ConfigError } from "../../lib/config/parse.ts";
import type { StopRequest } from "../../lib/process/supervisor.ts";
import { main } from "../../main.ts";
import { type DevSettings, readDevSettings } from "../settings.ts";
import { bannerRows } from "./banner.ts";
import { type FromService, RESTART, type ToService } from "./messages.ts";
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

Deno.exit(
  await main({
    args: [],
    readEnvironment: () => settings().env,
    supervisor: {
      stop: stop.promise,
      isQuiet: () => isQuiet,
      openMemory: () => memory,
    },
    onStarted(service) {
      const grpc = service.endpoints.some(({ label }) => label === "gRPC");
      send({
        kind: "started",
        rows: bannerRows(service, settings()),
        ...(grpc && { grpcPort: service.portOf("grpc") }),
      });
      isQuiet = false;
    },
  }),
);
