/**
 * AGS Leaderboard: a player's rank. Leaderboards follow the statistics at once,
 * where AGS takes its time; cycles are not emulated, so there are none.
 *
 * Players with the same value are ranked by who had a value first: AGS's
 * specification does not say.
 *
 * @module
 */

import { agsError, type Answer, ok } from "./errors.ts";
import type { EmulatedLeaderboard } from "./game_catalog.ts";
import type { Call, Route } from "./router.ts";
import { RESOURCE } from "./service.ts";
import type { Statistics } from "./statistics.ts";

/**
 * Builds the leaderboard routes.
 *
 * @param leaderboards Leaderboards by code.
 * @param statistics What they follow.
 */
export function leaderboardRoutes(
  leaderboards: ReadonlyMap<string, EmulatedLeaderboard>,
  statistics: Statistics,
): readonly Route[] {
  function getUserRanking({ params }: Call): Answer {
    const { leaderboardCode = "", userId = "" } = params;
    const leaderboard = leaderboards.get(leaderboardCode);
    if (leaderboard === undefined) {
      return agsError(404, {
        errorCode: 71230,
        errorMessage: "leaderboard configuration not found",
      });
    }
    const { statCode, descending = true } = leaderboard;
    const ranking = statistics.all(statCode)
      .toSorted(([, a], [, b]) => descending ? b - a : a - b);
    const index = ranking.findIndex(([id]) => id === userId);
    const entry = ranking[index];
    if (entry === undefined) {
      return agsError(404, {
        errorCode: 71233,
        errorMessage: "user ranking data not found",
      });
    }
    const [, point] = entry;
    return ok({
      userId,
      allTime: { rank: index + 1, point, hidden: false },
      cycles: [],
    });
  }

  return [{
    method: "GET",
    template:
      "/leaderboard/v3/admin/namespaces/{namespace}/leaderboards/{leaderboardCode}/users/{userId}",
    permission: {
      resource: `${RESOURCE}:USER:{userId}:LEADERBOARD`,
      action: 2,
    },
    handle: getUserRanking,
  }];
}
