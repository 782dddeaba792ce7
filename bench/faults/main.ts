// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task faults`: what becomes of events when things go wrong, by AGS's books.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { isExpected } from "../arguments.ts";
import { stopSignals } from "../../lib/process/stop_signals.ts";
import { BenchError } from "../errors.ts";
import { type Cell, runCell } from "./cell.ts";
import {
  type KafkaCluster,
  startKafka,
} from "../../dev/kafka_cluster/cluster.ts";
import { missingForKafka } from "../../dev/kafka_cluster/jars.ts";
import type { FaultCase } from "./fault_case.ts";
import { FAULTS, isTried } from "./faults.ts";
import { hasRedis } from "./redis.ts";
import {
  problemLines,
  summaryMarkdown,
  tableMarkdown,
  tableText,
  verdictOf,
} from "./report.ts";
import { type Store, STORES } from "./stores.ts";

const HELP = `Tries faults on the service, and counts what AGS has granted.

Usage: ./task faults [options]

  --events N        Events of each cell (default: 1000)
  --only fault,…    Only these faults: ${names(FAULTS)}
  --store "store/…" Only these stores: ${names(STORES, " / ")}
  --json            Print the figures as JSON
  --markdown        Print the tables for a page

Every cell is a process of the service of its own, as \`./task start\` starts it,
an emulated AGS, and a connector that delivers a whole batch again when one of its
events has to come again, or a topic. Redis needs redis-server, Kafka needs Java 17,
OpenSSL and Maven; without them, their cells are left out, and named.

Exits with 1 when an event was lost, or was granted twice where that is guaranteed
not to happen.
`;

interface Options {
  readonly events: number;
  readonly faults: readonly FaultCase[];
  readonly stores: readonly Store[];
  readonly isRedisWanted: boolean;
  /** Whether faults are named. */
  readonly isChosen: boolean;
  readonly format: "text" | "json" | "markdown";
}

function names(
  all: readonly { readonly name: string }[],
  separator = ", ",
): string {
  return all.map(({ name }) => name).join(separator);
}

/** Most events of a cell: one in a hundred is a fault of its own for the emulator. */
const MOST_EVENTS = 9_900;

function parse(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean" },
      events: { type: "string", default: "1000" },
      only: { type: "string" },
      store: { type: "string" },
      json: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const events = Number(values.events);
  if (!/^\d+$/.test(values.events) || events < 1 || events > MOST_EVENTS) {
    throw new BenchError(
      `--events is "${values.events}": expected a whole number from 1 to ${MOST_EVENTS}`,
    );
  }
  const stores = choose("--store", STORES, values.store?.split("/"));
  return {
    events,
    faults: choose("--only", FAULTS, values.only?.split(",")),
    stores,
    isRedisWanted: values.store !== undefined,
    isChosen: values.only !== undefined,
    format: values.json ? "json" : values.markdown ? "markdown" : "text",
  };
}

function choose<T extends { readonly name: string }>(
  option: string,
  all: readonly T[],
  wanted: readonly string[] | undefined,
): readonly T[] {
  if (wanted === undefined) return all;
  return wanted.map((text) => {
    const found = all.find(({ name }) => name === text.trim());
    if (found !== undefined) return found;
    throw new BenchError(
      `${option} has "${text.trim()}": expected one of ${names(all)}`,
    );
  });
}

/** Those of the stores that this machine can run. */
async function available(
  { stores, isRedisWanted }: Options,
): Promise<readonly Store[]> {
  if (!stores.some(({ kind }) => kind === "redis")) return stores;
  if (await hasRedis()) return stores;
  const missing = "redis-server is not installed (Debian: redis-server)";
  if (isRedisWanted) throw new BenchError(missing);
  console.error(`${missing}: the cells of Redis are left out`);
  return stores.filter(({ kind }) => kind !== "redis");
}

/** Those of the faults that this machine can try. */
function possible(
  { faults, isChosen }: Options,
): readonly FaultCase[] {
  const [without = [], withKafka = []] = [false, true].map((wanted) =>
    faults.filter(({ kafka }) => (kafka !== undefined) === wanted)
  );
  const missing = withKafka.length === 0 ? undefined : missingForKafka();
  if (missing === undefined) return faults;
  if (isChosen) throw new BenchError(missing);
  console.error(`${missing}: the faults of Kafka are left out`);
  return without;
}

async function main(options: Options): Promise<number> {
  using stop = stopSignals();
  const controller = new AbortController();
  stop.received.then((signal) =>
    controller.abort(new BenchError(`Stopped by ${signal}`))
  );
  const stores = await available(options);
  const faults = possible(options);
  await using stack = new AsyncDisposableStack();
  let cluster: Promise<KafkaCluster> | undefined;
  const kafka = () =>
    cluster ??= startKafka().then((started) => stack.use(started));
  const cells: Cell[] = [];
  for (const fault of faults) {
    for (const store of stores.filter((store) => isTried(fault, store))) {
      console.error(`${fault.title} … ${store.name}`);
      const { events } = options;
      const { signal } = controller;
      cells.push(await runCell({ fault, store, events, kafka, signal }));
    }
  }
  if (cells.length === 0) {
    throw new BenchError("No such fault is tried on such a store");
  }
  console.log(textOf(cells, options));
  for (const line of problemLines(cells)) console.error(line);
  return cells.some(({ problems }) => problems.length > 0) ? 1 : 0;
}

function textOf(
  cells: readonly Cell[],
  { format }: Options,
): string {
  switch (format) {
    case "json":
      return JSON.stringify(cells, null, 2);
    case "markdown":
      return [
        summaryMarkdown(cells),
        `${verdictOf(cells)}.`,
        tableMarkdown(cells),
      ].join("\n\n");
    default:
      return `\n${tableText(cells)}\n\n${verdictOf(cells)}`;
  }
}

try {
  const options = parse(Deno.args);
  if (options === undefined) console.log(HELP.trimEnd());
  else Deno.exitCode = await main(options);
} catch (error) {
  if (!isExpected(error)) throw error;
  console.error(error.message);
  Deno.exitCode = 1;
}
