/**
 * AGS Achievement: unlocking.
 *
 * What AGS's specification leaves open is decided here: an achievement that does
 * not exist answers 404 with the common code 20029, an incremental one 422 with
 * 20002, and unlocking again answers as the first time and changes nothing.
 *
 * @module
 */

import { createBoundedMap } from "../../lib/core/bounded_map.ts";
import { agsError, type Answer, validationError } from "./errors.ts";
import type { EmulatedAchievement } from "./game_catalog.ts";
import type { Call } from "./router.ts";
import { MAX_PLAYERS, noContent, RESOURCE, type Service } from "./service.ts";

/** Read side of the achievements, for tests. */
export interface Achievements {
  /** Codes of what a player has unlocked, in the order it was. */
  unlocked(userId: string): readonly string[];
}

/** The achievements with the side that statistics and a seed feed. */
export interface AchievementService extends Achievements, Service {
  /** Unlocks one, whatever it takes. */
  add(userId: string, achievementCode: string): void;
  /** Unlocks what this value of a statistic reaches. */
  reach(
    userId: string,
    change: { readonly statCode: string; readonly value: number },
  ): void;
}

/**
 * Creates the achievements of one emulator.
 *
 * @param achievements Achievements by code.
 */
export function createAchievements(
  achievements: ReadonlyMap<string, EmulatedAchievement>,
): AchievementService {
  const players = createBoundedMap<Set<string>>(MAX_PLAYERS);

  function add(userId: string, achievementCode: string): void {
    const codes = players.get(userId) ?? new Set();
    players.set(userId, codes.add(achievementCode));
  }

  function unlock({ params }: Call): Answer {
    const { userId = "", achievementCode = "" } = params;
    const achievement = achievements.get(achievementCode);
    if (achievement === undefined) {
      return agsError(404, {
        errorCode: 20029,
        errorMessage: "achievement not found",
      });
    }
    if (achievement.incremental !== undefined) {
      return validationError([{
        field: "achievementCode",
        message: "an incremental achievement cannot be unlocked by hand",
        value: achievementCode,
      }]);
    }
    add(userId, achievementCode);
    return noContent();
  }

  return {
    add,
    unlocked: (userId) => [...players.get(userId) ?? []],
    reach(userId, { statCode, value }) {
      for (const { achievementCode, incremental } of achievements.values()) {
        if (incremental?.statCode === statCode && value >= incremental.goal) {
          add(userId, achievementCode);
        }
      }
    },
    routes: [{
      method: "PUT",
      template:
        "/achievement/v1/admin/namespaces/{namespace}/users/{userId}/achievements/{achievementCode}/unlock",
      permission: {
        resource: `${RESOURCE}:USER:{userId}:ACHIEVEMENT`,
        action: 4,
      },
      handle: unlock,
    }],
    clear: players.clear,
  };
}
