/**
 * The measurements themselves: both sides in turns, so that what disturbs the
 * machine disturbs both.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";
import { call } from "./call.ts";
import { BenchError } from "./errors.ts";
import { median, type Pair } from "./figures.ts";
import { load, type LoadFigures } from "./load.ts";
import {
  type Backend,
  type Side,
  type SideOptions,
  startBaseline,
  startService,
  timeFilesStart,
} from "./servers.ts";

/** What a measurement needs. */
export interface MeasureOptions extends SideOptions {
  /** The AGS stand-in. */
  readonly backend: Backend;
  /** A folder for the load's files, which has its body. */
  readonly folder: string;
  /** Events of each load at full speed. */
  readonly requests: number;
  /** How many times each side gets a load. */
  readonly rounds: number;
  /** Says what is being done. */
  readonly say: (text: string) => void;
}

/** How a side took one load. */
export interface RoundFigures extends LoadFigures {
  /** CPU time per 1,000 events, in milliseconds, where the system tells. */
  readonly cpu: number | undefined;
  /** Memory after the load, in bytes, where the system tells. */
  readonly memory: number | undefined;
}

/** What {@linkcode measureLoad} found. */
export interface LoadMeasurement {
  /** Each round as fast as each side goes. */
  readonly full: readonly Pair<RoundFigures>[];
  /** Each round at half of the rate that the baseline had at full load. */
  readonly half: readonly Pair<RoundFigures>[];
  /** Most memory up to the end of full load, in bytes, where the system tells. */
  readonly peakMemory: Pair<number> | undefined;
}

/** Rounds at half load. */
const HALF_ROUNDS = 5;

/** How long a round at half load takes, in seconds. */
const HALF_SECONDS = 3;

/** How many starts are measured. */
const STARTS = 5;

/**
 * Measures how both sides take events.
 *
 * @throws {BenchError} The sides do not ask AGS for the same, an event was not
 * answered or had not exactly one grant, or a server ended.
 */
export async function measureLoad(
  options: MeasureOptions,
): Promise<LoadMeasurement> {
  const { requests, rounds, say } = options;
  await using stack = new AsyncDisposableStack();
  const sides: Pair<Side> = {
    baseline: stack.use(await startBaseline(options)),
    service: stack.use(await startService(options)),
  };
  await assertSameRequest(sides, options);

  say("Warming up");
  await inTurns(0, sides, (side) => loadSide(side, options, requests));
  const full: Pair<RoundFigures>[] = [];
  for (let round = 1; round <= rounds; round++) {
    say(`Full load, round ${round} of ${rounds}`);
    full.push(
      await inTurns(round, sides, (side) => loadSide(side, options, requests)),
    );
  }

  const peaks = await inTurns(
    0,
    sides,
    async ({ process }) => (await process.usage())?.peakMemory,
  );

  const rate = median(full.map(({ baseline }) => baseline.rate)) / 2;
  const halfRequests = Math.round(rate * HALF_SECONDS);
  const half: Pair<RoundFigures>[] = [];
  for (let round = 1; round <= HALF_ROUNDS; round++) {
    say(`Half load, round ${round} of ${HALF_ROUNDS}`);
    half.push(
      await inTurns(
        round,
        sides,
        (side) => loadSide(side, options, halfRequests, rate),
      ),
    );
  }
  await inTurns(0, sides, (side) => assertAnswers(side, options));
  return { full, half, peakMemory: bothKnown(peaks) };
}

/** Measures how long both sides take to start, in milliseconds. */
export async function measureStarts(
  options: Omit<MeasureOptions, "folder" | "requests" | "rounds">,
): Promise<readonly Pair<number>[]> {
  const starters = { baseline: startBaseline, service: startService };
  const rounds: Pair<number>[] = [];
  for (let round = 0; round <= STARTS; round++) {
    options.say(
      round === 0 ? "First start" : `Start, round ${round} of ${STARTS}`,
    );
    rounds.push(
      await inTurns(round, starters, async (start) => {
        await using side = await start(options);
        return side.startTime;
      }),
    );
  }
  // The first one fills Deno's caches.
  return rounds.slice(1);
}

/** How long the service takes to start, in milliseconds, by its proto files. */
export interface FilesFigures {
  /** With two handlers over two files. */
  readonly two: number;
  /** With ten handlers over ten files. */
  readonly ten: number;
}

/** Measures what proto files cost at start: two of them against ten, in turns. */
export async function measureFiles(
  { signal, say }: Pick<MeasureOptions, "signal" | "say">,
): Promise<readonly FilesFigures[]> {
  const rounds: FilesFigures[] = [];
  for (let round = 0; round <= STARTS; round++) {
    say(`Start with 2 and with 10 proto files, round ${round} of ${STARTS}`);
    const two = await timeFilesStart(2, signal);
    rounds.push({ two, ten: await timeFilesStart(10, signal) });
  }
  // The first one fills Deno's caches.
  return rounds.slice(1);
}

/** One side, then the other; who comes first changes with the round. */
async function inTurns<S, T>(
  round: number,
  sides: Pair<S>,
  measure: (side: S) => Promise<T>,
): Promise<Pair<T>> {
  if (round % 2 === 0) {
    const baseline = await measure(sides.baseline);
    return { baseline, service: await measure(sides.service) };
  }
  const service = await measure(sides.service);
  return { baseline: await measure(sides.baseline), service };
}

async function loadSide(
  side: Side,
  { backend, event, folder, signal }: MeasureOptions,
  requests: number,
  rate?: number,
): Promise<RoundFigures> {
  const { name, address, process } = side;
  const grantsBefore = (await backend.journal()).grants;
  const before = await process.usage();
  const figures = await load({
    url: `http://${address}${event.path}`,
    requests,
    folder,
    signal,
    ...(rate !== undefined && { rate }),
  }).catch((error) => {
    // That it ended explains why it did not answer.
    process.assertRunning();
    throw error;
  });
  const after = await process.usage();
  const grants = (await backend.journal()).grants - grantsBefore;
  if (grants !== requests) {
    throw new BenchError(
      `The ${name} made ${grants} grants of ${requests} events: expected one each`,
    );
  }
  const cpu = after === undefined || before === undefined
    ? undefined
    : (after.cpu - before.cpu) / (requests / 1_000);
  return { ...figures, cpu, memory: after?.memory };
}

/** Both sides do the same, or there is nothing to compare. */
async function assertSameRequest(
  sides: Pair<Side>,
  options: MeasureOptions,
): Promise<void> {
  const { backend } = options;
  const { baseline, service } = await inTurns(0, sides, async (side) => {
    await backend.journal();
    await assertAnswers(side, options);
    return (await backend.journal()).kept;
  });
  if (isDeepStrictEqual(baseline, service)) return;
  throw new BenchError(
    "The sides do not ask AGS for the same: expected " +
      `${JSON.stringify(baseline)} of the service, too, not ${
        JSON.stringify(service)
      }`,
  );
}

/** h2load looks at HTTP's status only. */
async function assertAnswers(
  { name, address }: Side,
  { event }: MeasureOptions,
): Promise<void> {
  const { status, details } = await call(address, event.path, event.bytes);
  if (status === "OK") return;
  throw new BenchError(
    `The ${name} answered an event with ${status} (${details}): expected OK`,
  );
}

function bothKnown(
  { baseline, service }: Pair<number | undefined>,
): Pair<number> | undefined {
  return baseline === undefined || service === undefined
    ? undefined
    : { baseline, service };
}
