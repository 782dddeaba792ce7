/**
 * AGS Leaderboard: who is where. Scores have no call of their own: a leaderboard
 * follows a statistic, see `statistics.ts`.
 *
 * @module
 */

import { z } from "zod";
import type { Ags } from "../core/context.ts";
import { isRefusal, readAnswer } from "./_answer.ts";

/** Whose rank, on which leaderboard. */
export interface GetUserRankRequest {
  /** The leaderboard's code. */
  readonly leaderboardCode: string;
  /** The player. */
  readonly userId: string;
}

/** A place on a leaderboard. */
export interface Rank {
  /** The place, from 1. */
  readonly rank: number;
  /** The score. */
  readonly point: number;
}

/** A player's places on a leaderboard. */
export interface UserRank {
  /** Of all time; absent where the player has only places in cycles. */
  readonly allTime?: Rank | undefined;
  /** In the leaderboard's cycles (days, weeks, seasons), as far as there are any. */
  readonly cycles: readonly (Rank & {
    /** The cycle. */
    readonly cycleId: string;
  })[];
}

const USER_RANK =
  "/leaderboard/v3/admin/namespaces/{namespace}/leaderboards/{leaderboardCode}/users/{userId}";

/** No leaderboard of this code. */
const NO_LEADERBOARD = 71230;
/** The player is not on the leaderboard. */
const NOT_RANKED = 71233;

const rank = z.object({ rank: z.number(), point: z.number() });
const UserRanking = z.object({
  userId: z.string(),
  allTime: rank.nullish(),
  cycles: z.array(rank.extend({ cycleId: z.string() })).nullish(),
});

/**
 * Reads a player's rank.
 *
 * A leaderboard lags behind its statistic: do not expect what was counted a moment
 * ago.
 *
 * Permission: `ADMIN:NAMESPACE:{namespace}:USER:{userId}:LEADERBOARD [READ]`.
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { getUserRank } from "./leaderboard.ts";
 *
 * export async function isBest(ags: Ags, userId: string): Promise<boolean> {
 *   const rank = await getUserRank(ags, { leaderboardCode: "kills", userId });
 *   return rank?.allTime?.rank === 1;
 * }
 * ```
 *
 * @param ags AGS's REST API: `ctx.ags`.
 * @param request Which leaderboard, and whose rank.
 * @returns The rank, or `undefined` when the player is not on the leaderboard
 * (404/71233) or there is no such leaderboard (404/71230).
 * @throws {AgsError} AGS refused, or answered what is no ranking.
 * @throws {TerminalError} `userId` or `leaderboardCode` is empty.
 */
export async function getUserRank(
  ags: Ags,
  request: GetUserRankRequest,
): Promise<UserRank | undefined> {
  const { leaderboardCode, userId } = request;
  let answer: unknown;
  try {
    answer = await ags.request("GET", USER_RANK, {
      params: { leaderboardCode, userId },
    });
  } catch (error) {
    if (isRefusal(error, NO_LEADERBOARD, NOT_RANKED)) return undefined;
    throw error;
  }
  const { allTime, cycles } = readAnswer(UserRanking, answer, {
    request: `GET ${USER_RANK}`,
    expected: "a player's ranking",
  });
  return { ...(allTime && { allTime }), cycles: cycles ?? [] };
}
