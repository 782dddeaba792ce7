/**
 * AGS Challenge: goals that players work towards.
 *
 * @module
 */

import type { Ags } from "../core/context.ts";
import { TerminalError } from "../core/errors.ts";

/** The players to evaluate. */
export interface EvaluateChallengesRequest {
  /** The players; at least one. A player named twice is evaluated once. */
  readonly userIds: readonly string[];
}

const EVALUATE = "/challenge/v1/admin/namespaces/{namespace}/progress/evaluate";

/** The most players per AGS request. */
const MAX_USERS = 10;

/**
 * Evaluates the progress of players in all challenges now, instead of at AGS's
 * next evaluation.
 *
 * AGS accepts ten players per request. More are sent in sequential requests of
 * ten, so that one event never uses more than its share of AGS. An evaluation
 * reads existing data and can be repeated: if one request fails, the players
 * before it are evaluated, and a redelivery safely evaluates them again.
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
 * @returns Resolves once all of them are evaluated.
 * @throws {AgsError} Not all players were evaluated. Not retryable: AGS refuses
 * the request (400/20018), nothing to evaluate (404/20029).
 * @throws {TerminalError} `userIds` is empty or has an empty id; no request is
 * sent.
 */
export async function evaluateChallenges(
  ags: Ags,
  request: EvaluateChallengesRequest,
): Promise<void> {
  const userIds = [...new Set(request.userIds)];
  if (userIds.length === 0) {
    throw new TerminalError(
      "List of players to evaluate is empty: expected at least one",
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
