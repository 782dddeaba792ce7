/**
 * AGS Leaderboard: players' ranks. There is no call to set scores: a
 * leaderboard follows a statistic, see `statistics.ts`.
 *
 * @module
 */

import { z } from "zod";
import type { Ags } from "../core/context.ts";
import { isRefusal, readAnswer } from "./_answer.ts";

/** The leaderboard and the player. */
export interface GetUserRankRequest {
  /** The leaderboard's code. */
  readonly leaderboardCode: string;
  /** The player. */
  readonly userId: string;
}

/** A rank on a leaderboard. */
export interface Rank {
  /** The rank, from 1. */
  readonly rank: number;
  /** The score. */
  readonly point: number;
}

/** A player's ranks on a leaderboard. */
export interface UserRank {
  /** The all-time rank; absent if the player has only ranks in cycles. */
  readonly allTime?: Rank | undefined;
  /** The ranks in the leaderboard's cycles (days, weeks, seasons), if any. */
  readonly cycles: readonly (Rank & {
    /** The cycle. */
    readonly cycleId: string;
  })[];
}

const USER_RANK =
  "/leaderboard/v3/admin/namespaces/{namespace}/leaderboards/{leaderboardCode}/users/{userId}";

/** There is no leaderboard with this code. */
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
 * A leaderboard lags behind its statistic: a recent change may not show yet.
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
 * @param request The leaderboard and the player.
 * @returns The rank, or `undefined` if the player is not on the leaderboard
 * (404/71233) or it does not exist (404/71230).
 * @throws {AgsError} AGS refused, or its answer is not a ranking.
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
