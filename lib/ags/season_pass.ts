/**
 * AGS Season Pass: players' progress in the current season.
 *
 * @module
 */

import { z } from "zod";
import type { Ags } from "../core/context.ts";
import { TerminalError } from "../core/errors.ts";
import { readAnswer } from "./_answer.ts";

/** The origin of experience: played or paid for. */
export type ExpSource = "SWEAT" | "PAID_FOR";

/** The experience and the player. */
export interface GrantSeasonExpRequest {
  /** The player. */
  readonly userId: string;
  /** The amount: a whole number, 1 or more. */
  readonly exp: number;
  /** Its origin. @default {"SWEAT"} */
  readonly source?: ExpSource;
  /** Stored with the grant, for reports. */
  readonly tags?: readonly string[];
}

/** A player's progress in the current season. */
export interface SeasonProgress {
  /** The season. */
  readonly seasonId: string;
  /** The current tier, from 0; absent below the first. */
  readonly currentTierIndex?: number | undefined;
  /** Experience gained towards the next tier. */
  readonly currentExp?: number | undefined;
  /** Experience that the next tier requires. */
  readonly requiredExp?: number | undefined;
  /** Whether the last tier is complete. */
  readonly cleared: boolean;
}

const GRANT_EXP =
  "/seasonpass/admin/namespaces/{namespace}/users/{userId}/seasons/current/exp";

const optionalNumber = z.number().nullish().transform((value) =>
  value ?? undefined
);
const SeasonSummary = z.object({
  userId: z.string(),
  seasonId: z.string().nullish(),
  currentTierIndex: optionalNumber,
  currentExp: optionalNumber,
  requiredExp: optionalNumber,
  cleared: z.boolean().nullish(),
});

/**
 * Grants experience in the current season; AGS enrols the player if necessary.
 *
 * There is no idempotency key: each accepted call grants again.
 *
 * Permission: `ADMIN:NAMESPACE:{namespace}:USER:{userId}:SEASONPASS [UPDATE]`.
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { grantSeasonExp } from "./season_pass.ts";
 *
 * export async function reward(ags: Ags, userId: string): Promise<void> {
 *   await grantSeasonExp(ags, { userId, exp: 100 });
 * }
 * ```
 *
 * @param ags AGS's REST API: `ctx.ags`.
 * @param request The player and the amount.
 * @returns The player's new progress, or `undefined` if no season is active:
 * AGS then answers as usual and the experience is lost.
 * @throws {AgsError} Not granted. Not retryable: the namespace is a publisher's
 * (400/20026).
 * @throws {TerminalError} `userId` is empty, or `exp` is not a whole number
 * from 1; no request is sent.
 */
export async function grantSeasonExp(
  ags: Ags,
  request: GrantSeasonExpRequest,
): Promise<SeasonProgress | undefined> {
  const { userId, exp, source = "SWEAT", tags } = request;
  if (!Number.isSafeInteger(exp) || exp < 1) {
    throw new TerminalError(
      `Experience to grant is ${exp}: expected a whole number, 1 or more`,
    );
  }
  const answer = await ags.request("POST", GRANT_EXP, {
    params: { userId },
    body: { exp, source, ...(tags && { tags }) },
  });
  const { seasonId, cleared, currentTierIndex, currentExp, requiredExp } =
    readAnswer(SeasonSummary, answer, {
      request: `POST ${GRANT_EXP}`,
      expected: "a season summary",
    });
  if (!seasonId) return undefined;
  return {
    seasonId,
    currentTierIndex,
    currentExp,
    requiredExp,
    cleared: cleared ?? false,
  };
}
