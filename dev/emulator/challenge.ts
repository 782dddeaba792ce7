/**
 * AGS Challenge: evaluation of players' progress. Goals are not emulated: what is
 * kept is how often a player was evaluated.
 *
 * AGS declares 404 with 20029 and does not say when: here it is when no challenge
 * runs.
 *
 * @module
 */

import { z } from "zod";
import { createBoundedMap } from "../../lib/core/bounded_map.ts";
import { agsError, type Answer, badRequest } from "./errors.ts";
import { isAnswer } from "./grants.ts";
import { checkSchema, readJson } from "./request_body.ts";
import type { Call } from "./router.ts";
import { MAX_PLAYERS, noContent, RESOURCE, type Service } from "./service.ts";

/** Most players of one request, as AGS has it. */
export const MAX_USERS = 10;

/** Read side of the challenges, for tests. */
export interface Challenges {
  /** How often a player was evaluated. */
  evaluations(userId: string): number;
}

const evaluationSchema = z.object({
  userIds: z.array(z.string().min(1)).min(1).max(MAX_USERS),
});

/**
 * Creates the challenges of one emulator.
 *
 * @param challenges Codes of the challenges that run.
 */
export function createChallenges(
  challenges: readonly string[],
): Challenges & Service {
  const players = createBoundedMap<number>(MAX_PLAYERS);

  function evaluate(call: Call): Answer {
    const body = readJson(
      call,
      (input) => checkSchema(evaluationSchema, input),
    );
    if (isAnswer(body)) {
      return body.status === 422
        ? badRequest(`bad request: userIds must be 1 to ${MAX_USERS}`)
        : body;
    }
    if (challenges.length === 0) {
      return agsError(404, { errorCode: 20029, errorMessage: "not found" });
    }
    for (const userId of body.value.userIds) {
      players.set(userId, (players.get(userId) ?? 0) + 1);
    }
    return noContent();
  }

  return {
    evaluations: (userId) => players.get(userId) ?? 0,
    routes: [{
      method: "POST",
      template: "/challenge/v1/admin/namespaces/{namespace}/progress/evaluate",
      permission: {
        resource: `${RESOURCE}:CHALLENGE:PROGRESSION`,
        action: 4,
      },
      journalBody: true,
      handle: evaluate,
    }],
    clear: players.clear,
  };
}
