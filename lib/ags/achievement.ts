/**
 * AGS Achievement: players' achievements.
 *
 * @module
 */

import type { Ags } from "../core/context.ts";

/** Which achievement to unlock, and for whom. */
export interface UnlockAchievementRequest {
  /** The player. */
  readonly userId: string;
  /** The achievement's code, as configured in AGS. */
  readonly achievementCode: string;
}

const UNLOCK =
  "/achievement/v1/admin/namespaces/{namespace}/users/{userId}/achievements/{achievementCode}/unlock";

/**
 * Unlocks an achievement.
 *
 * The achievement must not be incremental: AGS unlocks an incremental one
 * itself when its statistic reaches the goal, see `statistics.ts`.
 *
 * Permission: `ADMIN:NAMESPACE:{namespace}:USER:{userId}:ACHIEVEMENT [UPDATE]`.
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { unlockAchievement } from "./achievement.ts";
 *
 * export async function firstLogin(ags: Ags, userId: string): Promise<void> {
 *   await unlockAchievement(ags, { userId, achievementCode: "first-login" });
 * }
 * ```
 *
 * @param ags AGS's REST API: `ctx.ags`.
 * @param request What to unlock, for whom.
 * @returns Resolves once it is unlocked.
 * @throws {AgsError} Not unlocked. Not retryable: no such achievement (404), one
 * that cannot be unlocked by hand (422).
 * @throws {TerminalError} `userId` or `achievementCode` is empty.
 */
export async function unlockAchievement(
  ags: Ags,
  request: UnlockAchievementRequest,
): Promise<void> {
  const { userId, achievementCode } = request;
  await ags.request("PUT", UNLOCK, { params: { userId, achievementCode } });
}
