// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task x bench:capture`: the endpoint of client events, durable and with a token,
 * against a bare server that checks nothing and does not wait for the disk.
 *
 * Only the ratios mean anything: the figures are those of this machine, today.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { startEmulator } from "../../dev/emulator/mod.ts";
import { integer, isExpected } from "../arguments.ts";
import { BenchError } from "../errors.ts";
import { compare, percentile } from "../figures.ts";
import { type ServerProcess, startProcess } from "../process.ts";
import { REPOSITORY } from "../scene.ts";

const BATCH = 10;
const HEAP = "--v8-flags=--max-semi-space-size=8,--max-old-space-size=128";

/** A server, and the address that it has said first. */
interface Server {
  readonly url: string;
  readonly process: ServerProcess;
}

/** What is sent, and how often. */
interface Load {
  readonly requests: number;
  readonly connections: number;
  readonly token: string;
  /** Where the body is, and the log of a run goes. */
  readonly folder: string;
}

interface Figures {
  readonly events: number;
  readonly p99: number;
  readonly cpu: number;
}

async function start(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const process = startProcess({
    name,
    command: [Deno.execPath(), "run", "-qA", "--no-check", HEAP, ...args],
    env: { ...Deno.env.toObject(), ...env },
    stdout: "piped",
  });
  const reader = process.stdout.pipeThrough(new TextDecoderStream())
    .getReader();
  const { value = "" } = await reader.read();
  // Whatever else it says is read, and thrown away.
  (async () => {
    while (!(await reader.read()).done);
  })();
  return { url: value.trim(), process };
}

async function cpuOf({ process }: Server): Promise<number> {
  return (await process.usage())?.cpu ?? NaN;
}

async function load(server: Server, options: Load): Promise<Figures> {
  const { requests, connections, token, folder } = options;
  const log = join(folder, "log");
  await Deno.remove(log).catch(() => {});
  const cpu = await cpuOf(server);
  const start = performance.now();
  const { success, stdout } = await new Deno.Command("h2load", {
    args: [
      ...["--h1", "-n", `${requests}`, "-c", `${connections}`, "-t", "1"],
      ...["-d", join(folder, "body.json"), "--log-file", log],
      ...["-H", "content-type: application/json"],
      ...["-H", `authorization: Bearer ${token}`],
      server.url,
    ],
    stdout: "piped",
    stderr: "null",
  }).output();
  const seconds = (performance.now() - start) / 1_000;
  const text = new TextDecoder().decode(stdout);
  const failed = !text.includes(`${requests} 2xx`);
  if (!success || failed) throw new BenchError(`h2load: ${text}`);
  const times = (await Deno.readTextFile(log)).trim().split("\n")
    .map((line) => Number(line.split("\t")[2]) / 1_000)
    .toSorted((a, b) => a - b);
  return {
    events: requests * BATCH / seconds,
    p99: percentile(times, 99),
    cpu: (await cpuOf(server) - cpu) / requests * 1_000,
  };
}

function say(name: string, { events, p99, cpu }: Figures): void {
  console.log(
    `${name} ${events.toFixed(0)} events/s, p99 ${p99.toFixed(1)} ms, ${
      cpu.toFixed(0)
    } µs CPU a request`,
  );
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
  const ags = stack.use(await startEmulator());
  const token = await ags.playerToken("0123456789abcdef0123456789abcdef");
  const entry = JSON.stringify({
    eventType: "purchase",
    schemaVersion: 2,
    data: { itemSku: 9, session: crypto.randomUUID(), text: "x".repeat(200) },
  });
  await Deno.writeTextFile(
    join(folder, "body.json"),
    JSON.stringify({ entries: Array(BATCH).fill({ entry }) }),
  );
  const service = await start(
    "service",
    [join(REPOSITORY, "tests/capture/conformance_app.ts")],
    {
      HTTP_PORT: "0",
      AUTH: "ags",
      AB_BASE_URL: ags.url,
      ARCHIVE_FOLDER: join(folder, "archive"),
      INBOX_FOLDER: join(folder, "inbox"),
      INBOX_MAX_BYTES: String(2 ** 34),
      LOG_LEVEL: "error",
    },
  );
  stack.use(service.process);
  const bare = await start("bare", [
    join(REPOSITORY, "bench/capture/bare.ts"),
    join(folder, "bare.jsonl"),
  ]);
  stack.use(bare.process);
  const options = { requests, connections, token, folder };
  const pairs: { baseline: number; service: number }[] = [];
  // The first round warms both up.
  for (let round = 0; round <= rounds; round++) {
    const one = await load(bare, options);
    const other = await load(service, options);
    say("bare   ", one);
    say("service", other);
    if (round > 0) pairs.push({ baseline: one.events, service: other.events });
  }
  const percent = (compare(pairs).ratio * 100).toFixed(0);
  console.log(`service : bare ${percent} % (median)`);
  const { peakMemory = NaN } = await service.process.usage() ?? {};
  console.log(
    `service's memory at most ${(peakMemory / 2 ** 20).toFixed(0)} MiB`,
  );
}

try {
  await main();
} catch (error) {
  if (!isExpected(error)) throw error;
  console.error(error.message);
  Deno.exitCode = 1;
}
