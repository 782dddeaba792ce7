// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `deno task x bench:capture`: the endpoint of client events, durable and with a token,
 * against a bare server that checks nothing and does not wait for the disk.
 *
 * Only the ratios mean anything: the figures are those of this machine, today.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import { startEmulator } from "../../dev/emulator/mod.ts";
import { percentile } from "../figures.ts";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "20000" },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "32" },
  },
});
const BATCH = 10;
const ROOT = join(import.meta.dirname ?? ".", "../..");
const HEAP = "--v8-flags=--max-semi-space-size=8,--max-old-space-size=128";

/** A server under load. */
interface Server {
  readonly url: string;
  readonly pid: number;
  readonly process: Deno.ChildProcess;
}

async function start(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "-qA", "--no-check", HEAP, ...args],
    env,
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream())
    .getReader();
  const { value = "" } = await reader.read();
  // Whatever else it says is read, and thrown away.
  (async () => {
    while (!(await reader.read()).done);
  })();
  return { url: value.trim(), pid: process.pid, process };
}

/** CPU that a process has used, in seconds. */
function cpuOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1] ?? "";
  const fields = stat.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The most memory that a process has had, in MB. */
function peakOf(pid: number): string {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return (Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1_024).toFixed(0);
}

interface Figures {
  readonly events: number;
  readonly p99: number;
  readonly cpu: number;
}

const folder = await Deno.makeTempDir();

async function load(server: Server, token: string): Promise<Figures> {
  const log = join(folder, "log");
  await Deno.remove(log).catch(() => {});
  const cpu = cpuOf(server.pid);
  const start = performance.now();
  const { success, stdout } = await new Deno.Command("h2load", {
    args: [
      ...["--h1", "-n", values.requests, "-c", values.connections, "-t", "1"],
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
  const failed = !text.includes(`${values.requests} 2xx`);
  if (!success || failed) throw new Error(`h2load: ${text}`);
  const times = (await Deno.readTextFile(log)).trim().split("\n")
    .map((line) => Number(line.split("\t")[2]) / 1_000).toSorted((a, b) =>
      a - b
    );
  return {
    events: Number(values.requests) * BATCH / seconds,
    p99: percentile(times, 99),
    cpu: (cpuOf(server.pid) - cpu) / Number(values.requests) * 1e6,
  };
}

await using ags = await startEmulator();
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
  ["tests/capture/conformance_app.ts"].map((path) => join(ROOT, path)),
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
const bare = await start([
  join(ROOT, "bench/capture/bare.ts"),
  join(folder, "bare.jsonl"),
]);
try {
  const ratios: number[] = [];
  // The first round warms both up.
  for (let round = 0; round <= Number(values.rounds); round++) {
    const one = await load(bare, token);
    const other = await load(service, token);
    const say = (name: string, { events, p99, cpu }: Figures) =>
      console.log(
        `${name} ${events.toFixed(0)} events/s, p99 ${p99.toFixed(1)} ms, ${
          cpu.toFixed(0)
        } µs CPU a request`,
      );
    say("bare   ", one);
    say("service", other);
    if (round > 0) ratios.push(other.events / one.events);
  }
  ratios.sort((a, b) => a - b);
  const median = ratios[Math.floor(ratios.length / 2)] ?? NaN;
  console.log(`service : bare ${(median * 100).toFixed(0)} % (median)`);
  console.log(`service's memory at most ${peakOf(service.pid)} MB`);
} finally {
  for (const { process } of [service, bare]) {
    process.kill("SIGKILL");
    await process.status;
  }
  await Deno.remove(folder, { recursive: true });
}
