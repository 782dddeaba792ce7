// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task x bench:http`: Web PubSub's `connect` events, signed, against a bare server
 * that answers 204 and against Microsoft's middleware for express on Node.
 *
 * Only the ratios mean anything: the figures are those of this machine, today.
 *
 * @module
 */

import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { freePort } from "../../dev/free_port.ts";
import { makeWebPubSubEvent } from "../../dev/send_web_pubsub.ts";
import { integer, isExpected } from "../arguments.ts";
import { BenchError } from "../errors.ts";
import { compare, median } from "../figures.ts";
import { type ServerProcess, startProcess } from "../process.ts";
import { REPOSITORY } from "../scene.ts";
import { isListening, serviceEnvironment } from "../servers.ts";
import { load, type LoadFigures } from "./_load.ts";

const PATH = "/api/webpubsub/hubs/chat";
const CONNECTION_STRING =
  "Endpoint=https://bench.webpubsub.azure.com;AccessKey=YmVuY2gta2V5;Version=1.0;";
const PACKAGES = ["express@4.22.1", "@azure/web-pubsub-express@1.1.0"];
const START_TIMEOUT = 30_000;
const HEAP = "--v8-flags=--max-semi-space-size=8,--max-old-space-size=128";

/** Figures of one load. */
interface Figures extends LoadFigures {
  /** CPU time of the server per event, in microseconds. */
  readonly cpu: number;
}

type Name = "bare" | "express" | "service";

/** Starts a server, and waits until it listens. */
async function start(
  name: Name,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
) {
  const port = Number(env["HTTP_PORT"] ?? command.at(-1));
  const process = startProcess({ name, command, env });
  const end = performance.now() + START_TIMEOUT;
  while (!await isListening(port)) {
    process.assertRunning();
    if (performance.now() > end) throw new BenchError(`The ${name} is not up`);
    await delay(20);
  }
  return { name, port, process };
}

/** Installs the peer's packages. @throws {BenchError} npm is missing, or fails. */
async function installExpress(folder: string): Promise<string> {
  const file = join(folder, "express.cjs");
  await Deno.copyFile(join(REPOSITORY, "bench/http/express.cjs"), file);
  const { success } = await new Deno.Command("npm", {
    args: ["install", "--silent", "--no-audit", "--no-fund", ...PACKAGES],
    cwd: folder,
  }).output();
  if (!success) {
    throw new BenchError(`npm could not install ${PACKAGES.join(" and ")}`);
  }
  return file;
}

/** Makes a request whose `ce-id` is its number; the signature does not cover that. */
function requestMaker(): (index: number) => string {
  const { headers, body } = makeWebPubSubEvent({
    ...{ type: "webPubSub.connect@chat", sets: [], json: undefined },
    env: { WEBPUBSUB_CONNECTION_STRINGS: CONNECTION_STRING },
  });
  const { "ce-id": _, ...others } = headers;
  const lines = Object.entries({
    host: "localhost",
    ...others,
    "content-length": `${new TextEncoder().encode(body).length}`,
  }).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return (index) =>
    `POST ${PATH} HTTP/1.1\r\n${lines}ce-id: ${index}\r\n\r\n${body}`;
}

async function cpuOf(process: ServerProcess): Promise<number> {
  return (await process.usage())?.cpu ?? NaN;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      requests: { type: "string", default: "20000" },
      rounds: { type: "string", default: "3" },
      connections: { type: "string", default: "32" },
    },
  });
  const requests = integer("--requests", values.requests, [100, 1_000_000]);
  const rounds = integer("--rounds", values.rounds, [1, 100]);
  const connections = integer("--connections", values.connections, [1, 1_000]);
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(
    await Deno.makeTempDir(),
    (path) => Deno.remove(path, { recursive: true }),
  );
  const bare = freePort();
  const express = freePort();
  const http = freePort();
  const { PATH: path = "" } = Deno.env.toObject();
  const deno = [Deno.execPath(), "run", "-qA", HEAP];
  const here = join(REPOSITORY, "bench/http");
  const servers = [
    await start("bare", [...deno, join(here, "bare.ts"), `${bare}`], {
      ...Deno.env.toObject(),
    }),
    await start(
      "express",
      ["node", await installExpress(folder), `${express}`],
      { PATH: path },
    ),
    await start(
      "service",
      [...deno, join(here, "service.ts")],
      serviceEnvironment({
        AB_BASE_URL: "http://127.0.0.1:1",
        AB_CLIENT_ID: "bench-client",
        AB_CLIENT_SECRET: "bench-secret",
        AB_NAMESPACE: "bench",
        ITEM_ID_TO_GRANT: "bench-item",
        SOURCES: "webPubSub",
        HTTP_PORT: `${http}`,
        METRICS_PORT: `${freePort()}`,
        WEBPUBSUB_CONNECTION_STRINGS: CONNECTION_STRING,
        WEBPUBSUB_PATH: "/api/webpubsub/hubs/{hub}",
        DEAD_LETTER: "log",
      }),
    ),
  ];
  for (const { process } of servers) stack.use(process);
  const request = requestMaker();
  const found: Record<Name, Figures[]> = { bare: [], express: [], service: [] };
  let first = 0;
  // The first round warms them up.
  for (let round = 0; round <= rounds; round++) {
    for (const { name, port, process } of servers) {
      const before = await cpuOf(process);
      const options = { port, request, first, requests, connections };
      const figures = await load(options);
      first += requests;
      const cpu = (await cpuOf(process) - before) / requests * 1_000;
      if (round > 0) found[name].push({ ...figures, cpu });
    }
  }
  for (const { name, process } of servers) {
    const of = (key: keyof Figures) =>
      median(found[name].map((each) => each[key]));
    const { peakMemory = NaN } = await process.usage() ?? {};
    console.log(
      `${name.padEnd(8)} ${of("rate").toFixed(0).padStart(6)} events/s, ` +
        `p99 ${of("p99").toFixed(1)} ms, ${of("cpu").toFixed(0)} µs CPU an ` +
        `event, memory at most ${(peakMemory / 2 ** 20).toFixed(0)} MiB`,
    );
  }
  for (const name of ["bare", "express"] as const) {
    const pairs = found[name].map((baseline, index) => ({
      baseline: baseline.rate,
      service: found.service[index]?.rate ?? NaN,
    }));
    const { ratio, lowest, highest } = compare(pairs);
    const percent = (value: number) => (value * 100).toFixed(0);
    console.log(
      `service : ${name} ${percent(ratio)} % of the rate ` +
        `(${percent(lowest)} to ${percent(highest)} %)`,
    );
  }
}

try {
  await main();
} catch (error) {
  if (!isExpected(error)) throw error;
  console.error(error.message);
  Deno.exitCode = 1;
}
