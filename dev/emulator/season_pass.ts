/**
 * AGS Season Pass: experience in the season that runs. Without one AGS takes the
 * request and ignores it.
 *
 * AGS's specification names no bound of `exp` and does not require it; here it is
 * required and at least 1.
 *
 * @module
 */

import { z } from "zod";
import { createBoundedMap } from "../../lib/core/bounded_map.ts";
import { type Answer, ok } from "./errors.ts";
import type { EmulatedSeason } from "./game_catalog.ts";
import { isAnswer } from "./grants.ts";
import { checkSchema, readJson } from "./request_body.ts";
import type { Call } from "./router.ts";
import { iso, MAX_PLAYERS, RESOURCE, type Service } from "./service.ts";

/** Read side of the season, for tests. */
export interface SeasonPass {
  /** All experience that a player was granted. */
  totalExp(userId: string): number;
}

/** What the season pass works with. */
export interface SeasonPassOptions {
  /** Namespace of the game. */
  readonly namespace: string;
  /** The season that runs, if one does. */
  readonly season: EmulatedSeason | undefined;
  /** Time in milliseconds since the epoch. */
  readonly now: () => number;
}

interface Enrolment {
  readonly enrolledAt: number;
  readonly exp: number;
}

const grantSchema = z.object({
  exp: z.int32().min(1),
  source: z.enum(["PAID_FOR", "SWEAT"]).nullish(),
  tags: z.array(z.string()).nullish(),
});

/** Creates the season pass of one emulator. */
export function createSeasonPass(
  { namespace, season, now }: SeasonPassOptions,
): SeasonPass & Service {
  const players = createBoundedMap<Enrolment>(MAX_PLAYERS);

  function grantExp(call: Call): Answer {
    const body = readJson(call, (input) => checkSchema(grantSchema, input));
    if (isAnswer(body)) return body;
    const { userId = "" } = call.params;
    if (season === undefined) return ok({ namespace, userId });
    const { enrolledAt = now(), exp = 0 } = players.get(userId) ?? {};
    const total = exp + body.value.exp;
    players.set(userId, { enrolledAt, exp: total });
    return ok({
      namespace,
      userId,
      seasonId: season.seasonId,
      enrolledAt: iso(enrolledAt),
      enrolledPasses: [],
      createdAt: iso(enrolledAt),
      updatedAt: iso(now()),
      ...standing(season, total),
    });
  }

  return {
    totalExp: (userId) => players.get(userId)?.exp ?? 0,
    routes: [{
      method: "POST",
      template:
        "/seasonpass/admin/namespaces/{namespace}/users/{userId}/seasons/current/exp",
      permission: {
        resource: `${RESOURCE}:USER:{userId}:SEASONPASS`,
        action: 4,
      },
      journalBody: true,
      handle: grantExp,
    }],
    clear: players.clear,
  };
}

/** The tier that so much experience reaches, and how far the next one is. */
function standing({ tiers }: EmulatedSeason, total: number) {
  const lastTierIndex = tiers.length - 1;
  let reached = -1;
  let currentExp = total;
  for (const exp of tiers) {
    if (currentExp < exp) break;
    currentExp -= exp;
    reached++;
  }
  return {
    ...(reached >= 0 && { currentTierIndex: reached }),
    lastTierIndex,
    currentExp,
    requiredExp: tiers[reached + 1] ?? 0,
    cleared: reached === lastTierIndex,
  };
}
