/**
 * AGS Social, statistics: bulk changes of numbers that are kept for players.
 *
 * What AGS's specification leaves open is decided here, to the side that is
 * harder for a caller:
 *
 * - A list has 1 to {@linkcode MAX_ITEMS} items, and an increment has its `inc`.
 * - Items are worked on at the same time, so that the second of two changes of
 *   the same number fails (20006).
 * - A value out of the statistic's range fails (12275), it is not cut to fit.
 *
 * `additionalKey`, which gives a player several numbers of one statistic, is not
 * emulated and refused.
 *
 * @module
 */

import { z } from "zod";
import { createBoundedMap } from "../../lib/core/bounded_map.ts";
import { type Answer, ok, validationError } from "./errors.ts";
import type { EmulatedStat } from "./game_catalog.ts";
import { isAnswer } from "./grants.ts";
import { checkSchema, readJson } from "./request_body.ts";
import type { Call } from "./router.ts";
import { MAX_PLAYERS, RESOURCE, type Service } from "./service.ts";

/** Most items of one request. */
export const MAX_ITEMS = 100;

/** Read side of the statistics, for tests. */
export interface Statistics {
  /** A player's value; `undefined` before the first change. */
  value(userId: string, statCode: string): number | undefined;
  /** All values of a player, by statistic. */
  values(userId: string): Readonly<Record<string, number>>;
  /** Players and values of a statistic, in the order of their first change. */
  all(statCode: string): readonly (readonly [userId: string, value: number])[];
}

/** The statistics with the side that a seed fills. */
export interface StatisticsService extends Statistics, Service {
  /** Sets a player's value. */
  put(userId: string, change: StatValue): void;
}

/** A value of a statistic. */
export interface StatValue {
  /** The statistic's code. */
  readonly statCode: string;
  /** The value. */
  readonly value: number;
}

/** What the statistics work with. */
export interface StatisticsOptions {
  /** Namespace of the game. */
  readonly namespace: string;
  /** Statistics by code. */
  readonly stats: ReadonlyMap<string, EmulatedStat>;
  /** Told of each change. */
  readonly onChange: (userId: string, change: StatValue) => void;
}

const incrementsSchema = z.array(z.object({
  userId: z.string().min(1),
  statCode: z.string().min(1),
  inc: z.number(),
})).min(1).max(MAX_ITEMS);

const updatesSchema = z.array(z.object({
  statCode: z.string().min(1),
  updateStrategy: z.enum(["INCREMENT", "MAX", "MIN", "OVERRIDE"]),
  value: z.number(),
  requestId: z.string().nullish(),
  additionalData: z.record(z.string(), z.unknown()).nullish(),
})).min(1).max(MAX_ITEMS);

type Update = z.infer<typeof updatesSchema>[number];

interface Failure {
  readonly errorCode: number;
  readonly errorMessage: string;
}

/** Creates the statistics of one emulator. */
export function createStatistics(
  { namespace, stats, onChange }: StatisticsOptions,
): StatisticsService {
  const players = createBoundedMap<Map<string, number>>(MAX_PLAYERS);

  function change(userId: string, update: Update): Failure | number {
    const { statCode } = update;
    const stat = stats.get(statCode);
    if (stat === undefined) {
      return {
        errorCode: 12241,
        errorMessage:
          `Stat [${statCode}] cannot be found in namespace [${namespace}]`,
      };
    }
    const values = players.get(userId);
    const before = values?.get(statCode) ?? stat.defaultValue ?? 0;
    const value = STRATEGIES[update.updateStrategy](before, update.value);
    const failure = outOfBounds(stat, before, value);
    if (failure !== undefined) return failure;
    put(userId, { statCode, value });
    return value;
  }

  function put(userId: string, change: StatValue): void {
    const values = players.get(userId) ?? new Map<string, number>();
    players.set(userId, values.set(change.statCode, change.value));
    onChange(userId, change);
  }

  function work(items: readonly (Update & { readonly userId: string })[]) {
    const seen = new Set<string>();
    return items.map((item) => {
      const { userId, statCode, requestId } = item;
      const key = JSON.stringify([userId, statCode]);
      const result = seen.has(key) ? LOST_LOCK : change(userId, item);
      seen.add(key);
      const success = typeof result === "number";
      return {
        success,
        userId,
        statCode,
        ...(requestId && { requestId }),
        details: success ? { currentValue: result } : result,
      };
    });
  }

  function increment(call: Call): Answer {
    const body = readJson(
      call,
      (input) => checkSchema(incrementsSchema, input),
    );
    if (isAnswer(body)) return body;
    return ok(work(body.value.map(({ userId, statCode, inc }) => ({
      userId,
      statCode,
      updateStrategy: "INCREMENT",
      value: inc,
    }))));
  }

  function update(call: Call): Answer {
    if (new URLSearchParams(call.query).has("additionalKey")) {
      const message = "is not emulated";
      return validationError([{ field: "additionalKey", message }]);
    }
    const body = readJson(call, (input) => checkSchema(updatesSchema, input));
    if (isAnswer(body)) return body;
    const { userId = "" } = call.params;
    return ok(work(body.value.map((item) => ({ ...item, userId }))));
  }

  const many = "/social/v1/admin/namespaces/{namespace}/statitems/value/bulk";
  const permission = { resource: `${RESOURCE}:STATITEM`, action: 4 };
  return {
    put,
    value: (userId, statCode) => players.get(userId)?.get(statCode),
    values: (userId) => Object.fromEntries(players.get(userId) ?? []),
    all(statCode) {
      return [...players.entries()].flatMap(([userId, values]) => {
        const value = values.get(statCode);
        return value === undefined ? [] : [[userId, value] as const];
      });
    },
    routes: [
      ...(["PUT", "PATCH"] as const).map((method) => ({
        method,
        template: many,
        permission,
        journalBody: true,
        handle: increment,
      })),
      {
        method: "PUT",
        template:
          "/social/v2/admin/namespaces/{namespace}/users/{userId}/statitems/value/bulk",
        permission: {
          resource: `${RESOURCE}:USER:{userId}:STATITEM`,
          action: 4,
        },
        journalBody: true,
        handle: update,
      },
    ],
    clear: players.clear,
  };
}

const STRATEGIES: {
  readonly [S in Update["updateStrategy"]]: (a: number, b: number) => number;
} = {
  INCREMENT: (before, value) => before + value,
  MAX: Math.max,
  MIN: Math.min,
  OVERRIDE: (_before, value) => value,
};

const LOST_LOCK: Failure = {
  errorCode: 20006,
  errorMessage: "optimistic lock",
};

function outOfBounds(
  { statCode, minimum = -Infinity, maximum = Infinity, incrementOnly }:
    EmulatedStat,
  before: number,
  value: number,
): Failure | undefined {
  if (incrementOnly && value < before) {
    return {
      errorCode: 12273,
      errorMessage: `Stat [${statCode}] is not decreasable`,
    };
  }
  if (value >= minimum && value <= maximum) return undefined;
  return {
    errorCode: 12275,
    errorMessage: `Stat [${statCode}] value is out of range`,
  };
}
