/**
 * One cell of the matrix: one fault, one store, so many events.
 *
 * @module
 */

import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  letterFiles,
  NoLettersError,
  readLetters,
} from "../../dev/dead_letters/letter_files.ts";
import {
  CONSUMABLE_ITEM_ID,
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  type Emulator,
  startEmulator,
} from "../../dev/emulator/mod.ts";
import type { KafkaCluster } from "../../dev/kafka_cluster/cluster.ts";
import { sleep } from "../../lib/core/async.ts";
import { BenchError } from "../errors.ts";
import { REPOSITORY } from "../scene.ts";
import { account, type Tally } from "./accounting.ts";
import { deliverAll } from "./connector.ts";
import { eventPath, makeEvents } from "./events.ts";
import type { FaultCase, Gap } from "./fault_case.ts";
import { type KafkaRun, openKafkaRun } from "./kafka.ts";
import { openLine } from "./line.ts";
import { numberOf } from "./numbers.ts";
import { startRedis } from "./redis.ts";
import { type Life, startRestartable } from "./service.ts";
import type { Store, StoreName } from "./stores.ts";

/** Options of {@linkcode runCell}. */
export interface CellOptions {
  /** What goes wrong. */
  readonly fault: FaultCase;
  /** What remembers. */
  readonly store: Store;
  /** How many events. */
  readonly events: number;
  /** Starts Kafka, or has it already. */
  readonly kafka?: () => Promise<KafkaCluster>;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface Cell extends Tally {
  /** The fault's name. */
  readonly fault: string;
  /** The fault, in words. */
  readonly title: string;
  /** The store's name. */
  readonly store: StoreName;
  /** Why events may be granted twice here; absent: they may not. */
  readonly gap?: Gap;
  /** From the first delivery to the last answer, in milliseconds. */
  readonly milliseconds: number;
  /** What is not as guaranteed; none: all is. */
  readonly problems: readonly string[];
}

/** Connections. */
const LINES = 2;
/** How long a caller waits that is not impatient, in milliseconds. */
const TIMEOUT = 90_000;
/** How long the deliveries of a cell may take, in milliseconds. */
const CELL_TIMEOUT = 240_000;
/** How long a service has to drain, in milliseconds. */
const GRACE = 20_000;

/**
 * Settings of every cell. The handler's time is long enough for a busy machine: an AGS
 * answer that comes after it is gap 1, in whichever cell.
 */
const SETTINGS = { HANDLER_TIMEOUT: "60s", LOG_LEVEL: "error" };

/** Runs one cell. */
export async function runCell(options: CellOptions): Promise<Cell> {
  const { fault, store } = options;
  const { grace = GRACE } = fault;
  await using stack = new AsyncDisposableStack();
  const emulator = stack.use(await startEmulator());
  const redis = store.kind === "redis"
    ? stack.use(await startRedis(options.signal))
    : undefined;
  const letters = stack.use(letterFile());
  const kafka = await openKafka(options, stack);
  const start = async () =>
    stack.use(
      await startRestartable({
        settings: {
          AB_BASE_URL: emulator.url,
          AB_CLIENT_ID: DEFAULT_CLIENT_ID,
          AB_CLIENT_SECRET: DEFAULT_CLIENT_SECRET,
          AB_NAMESPACE: emulator.namespace,
          ITEM_ID_TO_GRANT: CONSUMABLE_ITEM_ID,
          ...SETTINGS,
          SHUTDOWN_GRACE: `${grace}ms`,
          IDEMPOTENCY_STORE: redis?.url ?? store.kind,
          FULFILLMENT_API: store.api,
          DEAD_LETTER: `file:${letters.path}`,
          ...kafka?.settings,
          ...fault.settings,
        },
        ...(fault.program !== undefined && { program: fault.program }),
        signal: options.signal,
      }),
    );
  const { namespace } = emulator;
  const events = makeEvents(options.events, namespace)
    .map((each) => ({ ...each, bytes: kafka?.fill(each.bytes) ?? each.bytes }));
  await kafka?.prepare(events);
  const { replicas = 1 } = fault;
  const service = await start();
  const services = [service];
  while (services.length < replicas) services.push(await start());
  emulator.faults.set(
    fault.ags?.({ events: options.events, store, namespace }) ?? [],
  );
  const path = eventPath();
  const lines = Array.from(
    { length: LINES },
    (_, index) => {
      const { address } = services[index % replicas] ?? service;
      return stack.use(openLine(address, path));
    },
  );
  const over = new AbortController();
  const signal = AbortSignal.any([
    options.signal,
    over.signal,
    AbortSignal.timeout(CELL_TIMEOUT),
  ]);
  const lives: Life[] = [];
  const startedAt = performance.now();
  let held = Promise.resolve();
  const disturbance = fault.disturb?.({
    emulator,
    service: {
      async restart(name) {
        const life = await service.restart(name);
        lives.push(life);
        return life;
      },
      freeze: service.freeze,
    },
    redis,
    progress: (share) =>
      untilGranted(emulator, { count: share * events.length, signal }),
    pause: (milliseconds) => delay(milliseconds),
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
    kafka,
    signal,
  });
  // Looked at when the deliveries are over; until then nobody waits for it.
  const disturbed = Promise.resolve(disturbance).then(
    () => undefined,
    (error: unknown) => error,
  );
  const byKafka = fault.kafka?.source === "kafka" ? kafka : undefined;
  const delivered = await byKafka?.deliverAll(events, {
    held: () => held,
    signal,
  }) ?? await deliverAll(events, {
    async deliver({ number, bytes }, { line, round }) {
      await held;
      const patience = fault.patience?.(number, round) ?? { timeout: TIMEOUT };
      const which = replicas > 1 ? (line + round) % LINES : line;
      return await lines[which]?.deliver(bytes, patience) ?? "UNKNOWN";
    },
    lines: LINES,
    ...fault.connector,
    signal,
  });
  const milliseconds = performance.now() - startedAt;
  over.abort();
  const failure = await disturbed;
  options.signal.throwIfAborted();
  // Not an error where the deliveries were over first: the cell says so.
  if (failure !== undefined && failure !== signal.reason) throw failure;
  const tally = account(delivered, {
    grants: (userId) =>
      emulator.state.grantCount(userId, CONSUMABLE_ITEM_ID).grants,
    letters: await kafka?.letters(options.signal) ?? await letters.numbers(),
  });
  const gap = fault.gap?.(store);
  return {
    fault: fault.name,
    title: fault.title,
    store: store.name,
    ...tally,
    ...(gap !== undefined && { gap }),
    milliseconds,
    problems: problemsOf(tally, {
      gap,
      letters: fault.letters?.(events.length) ?? 0,
      lives,
      grace,
      isDisturbed: failure === undefined,
    }),
  };
}

async function openKafka(
  { fault, kafka }: CellOptions,
  stack: AsyncDisposableStack,
): Promise<KafkaRun | undefined> {
  if (fault.kafka === undefined) return undefined;
  if (kafka === undefined) throw new BenchError("There is no Kafka");
  return stack.use(await openKafkaRun(await kafka(), fault.kafka));
}

/** What a cell is held against. */
export interface Expected {
  /** Why events may be granted twice; `undefined`: they may not. */
  readonly gap: Gap | undefined;
  /** How many dead letters there are to be. */
  readonly letters: number;
  /** How the service's earlier lives ended. */
  readonly lives: readonly Life[];
  /** How long each had to end, in milliseconds. */
  readonly grace: number;
  /** Whether what was to happen meanwhile has happened. */
  readonly isDisturbed: boolean;
}

/** What is not as guaranteed. */
export function problemsOf(
  tally: Tally,
  { gap, letters, lives, grace, isDisturbed }: Expected,
): readonly string[] {
  const { twice, lost, unfinished, deadLettered } = tally;
  const problems = isDisturbed ? [] : ["fault did not happen: expected it to"];
  if (lost > 0) problems.push(`${lost} lost: expected none`);
  if (twice > 0 && gap === undefined) {
    problems.push(`${twice} granted twice: expected none`);
  }
  if (unfinished > 0) problems.push(`${unfinished} unfinished: expected none`);
  if (deadLettered !== letters) {
    problems.push(`${deadLettered} dead letters: expected ${letters}`);
  }
  for (const { signal, code, milliseconds } of lives) {
    if (signal !== "SIGTERM") continue;
    if (code !== 0) problems.push(`exit code ${code}: expected 0`);
    // The grace, and a moment to hand the last answers to the network.
    if (milliseconds <= grace + 2_000) continue;
    problems.push(
      `end after ${Math.round(milliseconds)} ms: expected ${grace} at most`,
    );
  }
  return problems;
}

/** A file of dead letters. Disposing removes it. */
interface LetterFile extends AsyncDisposable {
  /** Relative to the repository, in the one folder that the service may write to. */
  readonly path: string;
  /** Numbers of the events in it. */
  numbers(): Promise<ReadonlySet<number>>;
}

function letterFile(): LetterFile {
  const path = `dead-letters/faults-${crypto.randomUUID()}.jsonl`;
  const whole = join(REPOSITORY, path);
  const files = () =>
    letterFiles(whole).catch((error: unknown) => {
      if (error instanceof NoLettersError) return [];
      throw error;
    });
  return {
    path,
    async numbers() {
      const numbers = new Set<number>();
      for (const file of await files()) {
        for await (const each of readLetters(file)) {
          if ("letter" in each) numbers.add(numberOf(each.letter.event.id));
        }
      }
      return numbers;
    },
    async [Symbol.asyncDispose]() {
      for (const file of await files()) await Deno.remove(file);
    },
  };
}

/** How often AGS's books are looked at, in milliseconds. */
const LOOK_INTERVAL = 2;

async function untilGranted(
  { state }: Emulator,
  { count, signal }: { readonly count: number; readonly signal: AbortSignal },
): Promise<void> {
  while (state.players < count) await sleep(LOOK_INTERVAL, signal);
}
