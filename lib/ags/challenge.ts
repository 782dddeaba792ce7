/**
 * AGS Challenge: goals that players work towards.
 *
 * @module
 */

import type { Ags } from "../core/context.ts";
import { TerminalError } from "../core/errors.ts";

/** Whose progress to evaluate. */
export interface EvaluateChallengesRequest {
  /** The players; at least one. A player named twice is evaluated once. */
  readonly userIds: readonly string[];
}

const EVALUATE = "/challenge/v1/admin/namespaces/{namespace}/progress/evaluate";

/** Most players that AGS takes at a time. */
const MAX_USERS = 10;

/**
 * Evaluates the progress of players in all challenges now, instead of when AGS
 * does it next.
 *
 * AGS takes ten players at a time. More are sent ten by ten, one request after the
 * other, so that one event never takes more than its share of AGS. An evaluation
 * reads what is there and can be repeated: when one request fails, the players
 * before it are evaluated, and a redelivery evaluates them again to no harm.
 *
 * Permission: `ADMIN:NAMESPACE:{namespace}:CHALLENGE:PROGRESSION [UPDATE]`.
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { evaluateChallenges } from "./challenge.ts";
 *
 * export async function afterMatch(
 *   ags: Ags,
 *   userIds: readonly string[],
 * ): Promise<void> {
 *   await evaluateChallenges(ags, { userIds });
 * }
 * ```
 *
 * @param ags AGS's REST API: `ctx.ags`.
 * @param request Whose progress to evaluate.
 * @throws {AgsError} Not all are evaluated. Not retryable: AGS does not take the
 * request (400/20018), nothing to evaluate (404/20029).
 * @throws {TerminalError} `userIds` is empty or has an empty id; nothing is asked.
 */
export async function evaluateChallenges(
  ags: Ags,
  request: EvaluateChallengesRequest,
): Promise<void> {
  const userIds = [...new Set(request.userIds)];
  if (userIds.length === 0) {
    throw new TerminalError(
      "Players to evaluate are none: expected at least one",
    );
  }
  if (userIds.includes("")) {
    throw new TerminalError(
      `One of ${userIds.length} players to evaluate has an empty id: expected an id`,
    );
  }
  for (let start = 0; start < userIds.length; start += MAX_USERS) {
    await ags.request("POST", EVALUATE, {
      idempotent: true,
      body: { userIds: userIds.slice(start, start + MAX_USERS) },
    });
  }
}
