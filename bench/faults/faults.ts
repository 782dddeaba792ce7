/**
 * The faults: what goes wrong, where the page of guarantees lets it show, and what
 * must not come of it.
 *
 * @module
 */

import type { Fault } from "../../dev/emulator/mod.ts";
import type { AgsRun, FaultCase, Gap, Scene } from "./fault_case.ts";
import { kafkaFaults } from "./kafka_faults.ts";
import type { Patience } from "./line.ts";
import { BAD_EVERY, isBad, userIdOf } from "./numbers.ts";
import type { Store } from "./stores.ts";

const isShared = (store: Store) =>
  store.kind === "redis" || store.kind === "cloudsave";

/** Gap 1 of the page: whatever makes the service not hear AGS's answer. */
const answerGap = ({ api }: Store): Gap | undefined =>
  api === "v1" ? "answer" : undefined;

/** Without a store, v1 grants at each delivery. */
const noStore = ({ kind, api }: Store): Gap | undefined =>
  kind === "none" && api === "v1" ? "none" : undefined;

const withContrast = (store: Store) => store.name !== "redis, v3";

/** So slow that there are grants under way whenever something happens. */
const SLOW: readonly Fault[] = [{ kind: "latency", ms: 30 }];

/**
 * Claims of a process that is gone expire soon. Only in cells with such a process: on a
 * busy machine a healthy one may be late to renew a claim this short.
 */
const SHORT_LEASE = { IDEMPOTENCY_LEASE: "2s" };

/** So slow that most of what is delivered waits for it at any time. */
const SLOWER_BY = 300;
const SLOWER: readonly Fault[] = [{ kind: "latency", ms: SLOWER_BY }];

const GRANTS = { path: "/platform" };
const LOGIN = { path: "/iam/v3/oauth/token" };

/** How long what is away stays away, in milliseconds. */
const OUTAGE = 1_500;
/** The same for what hangs: longer than the service waits for it. */
const HANG = 3_000;
/** How long a replica stands still: longer than its claims hold. */
const FREEZE = 5_000;

/** All of them, in the table's order. */
export const FAULTS: readonly FaultCase[] = [
  { name: "none", title: "none", isFor: withContrast },
  {
    name: "slow",
    title: "AGS is slow (50 ms)",
    ags: () => [{ kind: "latency", ms: 50 }],
  },
  {
    name: "errors",
    title: "AGS answers 503 to 20 %",
    ags: () => [{ kind: "error", status: 503, rate: 0.2, seed: 11 }],
  },
  {
    name: "unauthorized",
    title: "tokens are revoked",
    ags: () => SLOW,
    async disturb({ emulator, progress }) {
      for (const share of [0.2, 0.4, 0.6, 0.8]) {
        await progress(share);
        emulator.revokeTokens();
      }
    },
  },
  {
    name: "throttled",
    title: "AGS answers 429 to 30 requests, Retry-After 1 s",
    ags: () => [{
      kind: "tooManyRequests",
      retryAfter: 1,
      rate: 0.1,
      times: 30,
      seed: 12,
      match: GRANTS,
    }],
  },
  {
    name: "ingress",
    title: "a proxy answers 404 in AGS's place for 1.5 s",
    ags: () => SLOW,
    async disturb({ emulator, progress, pause }) {
      await progress(0.3);
      emulator.faults.set([
        { kind: "html", status: 404, match: GRANTS },
        ...SLOW,
      ]);
      await pause(OUTAGE);
      emulator.faults.set(SLOW);
    },
  },
  {
    name: "forbidden",
    title: "the client lacks a permission for 1.5 s",
    ags: () => SLOW,
    async disturb({ emulator, progress, pause }) {
      await progress(0.3);
      emulator.faults.set([
        { kind: "error", status: 403, errorCode: 20_013, match: GRANTS },
        ...SLOW,
      ]);
      await pause(OUTAGE);
      emulator.faults.set(SLOW);
    },
  },
  {
    name: "reset-before",
    title: "10 % of connections break before the request",
    ags: () => [{ kind: "reset", rate: 0.1, seed: 13 }],
  },
  {
    name: "reset-after",
    title: "5 % of answers are lost (connection breaks)",
    ags: () => [{ kind: "resetAfter", rate: 0.05, seed: 14 }],
    gap: answerGap,
  },
  {
    name: "hang-after",
    title: "1 % of answers to grants never come",
    settings: { HANDLER_TIMEOUT: "1s" },
    ags: () => [{
      kind: "hangAfter",
      rate: 0.01,
      seed: 15,
      match: GRANTS,
    }],
    gap: answerGap,
  },
  {
    name: "iam-down",
    title: "IAM is down for 1.5 s",
    ags: () => SLOW,
    async disturb({ emulator, progress, pause }) {
      await progress(0.3);
      emulator.faults.set([
        { kind: "error", status: 503, match: LOGIN },
        ...SLOW,
      ]);
      emulator.revokeTokens();
      await pause(OUTAGE);
      emulator.faults.set(SLOW);
    },
  },
  {
    name: "impatient",
    title: "callers give up on 10 %",
    ags: () => SLOW,
    patience: impatience,
    gap: answerGap,
  },
  {
    name: "replays",
    title: "batches come two or three times",
    connector: { replays: (batch) => 1 + batch % 2 },
    isFor: withContrast,
    gap: noStore,
  },
  {
    name: "twins",
    title: "each event comes over two connections at once",
    connector: { isTwice: true },
    isFor: withContrast,
    gap: noStore,
  },
  {
    name: "overload",
    title: "more events at once than allowed",
    settings: { MAX_CONCURRENCY: "32", MAX_QUEUE: "32" },
    ags: () => SLOW,
  },
  {
    name: "poison",
    title: "1 % of events run into a bug, 3 attempts",
    program: "bench/faults/poisoned_service.ts",
    settings: { MAX_ATTEMPTS: "3" },
    letters: (events) => Math.floor(events / BAD_EVERY),
  },
  {
    name: "refused",
    title: "AGS refuses 1 % for good",
    ags: refusals,
    letters: (events) => Math.floor(events / BAD_EVERY),
  },
  {
    name: "sigterm",
    title: "SIGTERM and restart, two times",
    settings: SHORT_LEASE,
    ags: () => SLOW,
    isFor: (store) => store.kind !== "none",
    disturb: (scene) => restarts(scene, "SIGTERM"),
    gap: ({ kind, api }) =>
      kind === "memory" && api === "v1" ? "memory" : undefined,
  },
  {
    name: "sigkill",
    title: "SIGKILL and restart, two times",
    settings: SHORT_LEASE,
    ags: () => SLOW,
    isFor: (store) => store.kind !== "none",
    disturb: (scene) => restarts(scene, "SIGKILL"),
    gap: ({ kind, api }) => {
      if (api === "v3") return undefined;
      return kind === "memory" ? "memory" : "process";
    },
  },
  {
    name: "store-hangs",
    title: "the store does not answer for 3 s",
    settings: SHORT_LEASE,
    ags: () => SLOW,
    isFor: ({ kind }) => kind === "redis",
    async disturb({ redis, progress }) {
      await progress(0.3);
      await redis?.pause(HANG);
    },
  },
  {
    name: "store-down",
    title: "the store is down for 1.5 s",
    settings: SHORT_LEASE,
    ags: () => SLOW,
    isFor: isShared,
    async disturb({ redis, emulator, progress, pause }) {
      await progress(0.3);
      if (redis !== undefined) return await redis.restart(OUTAGE);
      emulator.faults.set([
        { kind: "error", status: 503, match: { path: "/cloudsave" } },
        ...SLOW,
      ]);
      await pause(OUTAGE);
      emulator.faults.set(SLOW);
    },
  },
  {
    name: "store-down-sigterm",
    title: "the store is down while events are marked, SIGTERM 2 s later",
    settings: SHORT_LEASE,
    ags: () => SLOWER,
    connector: { replays: () => 1 },
    isFor: isShared,
    async disturb({ redis, emulator, service, progress, pause, hold }) {
      await progress(0.3);
      // Those that follow are claimed, and wait for AGS.
      await pause(SLOWER_BY / 2);
      const release = hold();
      if (redis !== undefined) await redis.restart(OUTAGE);
      else {
        emulator.faults.set([
          { kind: "error", status: 503, match: { path: "/cloudsave" } },
          ...SLOWER,
        ]);
        await pause(OUTAGE);
        emulator.faults.set(SLOWER);
      }
      await pause(2_000);
      await service.restart("SIGTERM");
      release();
    },
  },
  {
    name: "frozen",
    title: "a replica stands still for 5 s (SIGSTOP), another takes over",
    settings: SHORT_LEASE,
    replicas: 2,
    ags: () => SLOW,
    patience: () => ({ timeout: 20_000, goneAfter: 1_000 }),
    isFor: ({ kind }) => kind === "redis",
    async disturb({ emulator, service, progress, pause }) {
      await progress(0.3);
      // No grant is under way when it stops: all wait for a login.
      emulator.faults.set([{ kind: "latency", ms: 1_000, match: LOGIN }]);
      emulator.revokeTokens();
      await pause(500);
      const frozen = service.freeze(FREEZE);
      emulator.faults.set(SLOW);
      await frozen;
      // What it still sends counts.
      await pause(2_000);
    },
  },
  ...kafkaFaults(refusals),
];

/** Whether a fault is tried on a store. */
export function isTried(fault: FaultCase, store: Store): boolean {
  const usual = store.kind !== "none" && store.name !== "redis, v3";
  return fault.isFor?.(store) ?? usual;
}

/** Rounds in which callers are impatient: after those, a batch has its time. */
const IMPATIENT_ROUNDS = 3;

/** One event in ten: half of the callers go away, the others' time is up. */
function impatience(number: number, round: number): Patience | undefined {
  if (round >= IMPATIENT_ROUNDS || (number + 3 * round) % 10 !== 0) {
    return undefined;
  }
  const milliseconds = 10 + number % 40;
  return number % 20 < 10
    ? { timeout: 10_000, cancelAfter: milliseconds }
    : { timeout: milliseconds };
}

async function restarts(
  { service, progress }: Scene,
  signal: "SIGTERM" | "SIGKILL",
): Promise<void> {
  for (const share of [0.3, 0.6]) {
    await progress(share);
    await service.restart(signal);
  }
}

/** AGS's word for an item that is not there, for the players of bad events. */
function refusals({ events, store, namespace }: AgsRun): readonly Fault[] {
  const root = store.api === "v1" ? "/platform" : "/platform/v3";
  const users = `${root}/admin/namespaces/${namespace}/users`;
  return Array.from({ length: events }, (_, index) => index + 1)
    .filter(isBad)
    .map((number) => ({
      kind: "error",
      status: 404,
      errorCode: 30_341,
      match: { path: `${users}/${userIdOf(number)}` },
    }));
}
