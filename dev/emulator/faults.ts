/**
 * Decides which faults a request meets. Decisions depend on nothing but the
 * order of requests and the seeds, so a test that repeats them repeats these.
 *
 * @module
 */

import {
  type EmptyGrantFault,
  type ErrorFault,
  type Fault,
  type HangFault,
  type HtmlFault,
  type LostAnswerFault,
  parseFaults,
  type ResetFault,
  type SlowBodyFault,
  type TooManyRequestsFault,
  type UnauthorizedFault,
} from "./fault_schema.ts";

/** A fault with what it has done so far. */
export interface FaultStatus {
  /** The fault as set. */
  readonly fault: Fault;
  /** Requests that it matched. */
  readonly matched: number;
  /** Requests that it showed on. */
  readonly shown: number;
  /** Whether it can still show. */
  readonly active: boolean;
}

/** The switchboard of faults. */
export interface Faults {
  /** The faults in force, in the order they are asked. */
  readonly list: readonly FaultStatus[];
  /**
   * Replaces all faults. For each request they are asked in order: delays
   * add up, and the first fault that ends the request is the last one asked.
   *
   * @throws {FaultError} If one is not valid; then nothing changes.
   */
  set(faults: readonly Fault[]): void;
  /** Removes all faults. */
  clear(): void;
}

/** A fault that ends a request before it is processed. */
export type EarlyFault =
  | ErrorFault
  | HangFault
  | HtmlFault
  | ResetFault
  | TooManyRequestsFault
  | UnauthorizedFault;

/** What a request meets. */
export interface FaultPlan {
  /** Milliseconds to wait before anything else. */
  readonly delay: number;
  /** End of the request without processing. */
  readonly early?: EarlyFault;
  /** What becomes of the answer: it is not sent, or sent slowly. */
  readonly late?: LostAnswerFault | SlowBodyFault;
  /** Changes in what the handler does. */
  readonly effects: ReadonlySet<EmptyGrantFault["kind"]>;
  /** Kinds of all of these, for the journal. */
  readonly kinds: readonly Fault["kind"][];
}

/** The switchboard with the side that the emulator asks. */
export interface FaultSource extends Faults {
  /** Decides for one request; `undefined` means that nothing goes wrong. */
  plan(method: string, path: string): FaultPlan | undefined;
}

interface Armed {
  readonly fault: Fault;
  readonly matches: (method: string, path: string) => boolean;
  readonly random: () => number;
  matched: number;
  shown: number;
}

/** Creates a switchboard without faults. */
export function createFaults(): FaultSource {
  let armed: readonly Armed[] = [];
  return {
    get list() {
      return armed.map((entry) => ({
        fault: entry.fault,
        matched: entry.matched,
        shown: entry.shown,
        active: isActive(entry),
      }));
    },
    set(faults) {
      armed = parseFaults(faults).map((fault) => ({
        fault,
        matches: createMatcher(fault),
        random: createRandom(fault.seed ?? 1),
        matched: 0,
        shown: 0,
      }));
    },
    clear() {
      armed = [];
    },
    plan(method, path) {
      if (armed.length === 0) return undefined;
      return decide(armed, method, path);
    },
  };
}

function decide(
  armed: readonly Armed[],
  method: string,
  path: string,
): FaultPlan | undefined {
  let delay = 0;
  const effects = new Set<EmptyGrantFault["kind"]>();
  const kinds: Fault["kind"][] = [];
  let late: FaultPlan["late"];
  for (const entry of armed) {
    if (!entry.matches(method, path) || !shows(entry)) continue;
    const { fault } = entry;
    kinds.push(fault.kind);
    switch (fault.kind) {
      case "latency":
        delay += fault.ms;
        break;
      case "fulfillFailed":
      case "noSummaries":
        effects.add(fault.kind);
        break;
      case "slowBody":
        late = fault;
        break;
      case "hangAfter":
      case "resetAfter":
        return { delay, late: fault, effects, kinds };
      default:
        return { delay, early: fault, effects, kinds };
    }
  }
  if (kinds.length === 0) return undefined;
  return { delay, ...(late !== undefined && { late }), effects, kinds };
}

/** Counts a matching request and says whether the fault shows on it. */
function shows(entry: Armed): boolean {
  if (!isActive(entry)) return false;
  entry.matched++;
  const { skip = 0, rate = 1 } = entry.fault;
  if (entry.matched <= skip) return false;
  if (rate < 1 && entry.random() >= rate) return false;
  entry.shown++;
  return true;
}

function isActive({ fault, shown }: Armed): boolean {
  return fault.times === undefined || shown < fault.times;
}

function createMatcher(
  { kind, match }: Fault,
): (method: string, path: string) => boolean {
  const { method, path } = match ?? {};
  const fits = path === undefined ? () => true : createPathMatcher(path);
  const means = OPERATIONS[kind];
  return (actual, actualPath) =>
    (method === undefined || method === actual) && fits(actualPath) &&
    (means === undefined || means.test(actualPath));
}

/** Operations of the kinds that have no meaning for any other. */
const OPERATIONS: { readonly [K in Fault["kind"]]?: RegExp } = {
  noSummaries: /\/fulfillment$|\/fulfillments\/[^/]+$/,
  fulfillFailed: /\/fulfillments\/[^/]+$/,
};

function createPathMatcher(path: string): (actual: string) => boolean {
  if (path.includes("{")) {
    const source = path.split(/\{[^}]*\}/).map((literal) =>
      RegExp.escape(literal)
    ).join("[^/]+");
    const pattern = new RegExp(`^${source}$`);
    return (actual) => pattern.test(actual);
  }
  const folder = path.endsWith("/") ? path : `${path}/`;
  return (actual) => actual === path || actual.startsWith(folder);
}

/** Mulberry32: a small generator, good enough to spread faults evenly. */
function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
