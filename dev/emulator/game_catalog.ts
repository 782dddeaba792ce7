/**
 * What the emulated game has configured beside its store: statistics,
 * achievements, leaderboards, challenges and a season.
 *
 * @module
 */

/** A statistic. */
export interface EmulatedStat {
  /** Its code; unique. */
  readonly statCode: string;
  /** What a player has before the first change. @default {0} */
  readonly defaultValue?: number;
  /** Smallest value. @default none */
  readonly minimum?: number;
  /** Largest value. @default none */
  readonly maximum?: number;
  /** Whether the value may never become less. @default {false} */
  readonly incrementOnly?: boolean;
}

/** An achievement. */
export interface EmulatedAchievement {
  /** Its code; unique. */
  readonly achievementCode: string;
  /**
   * An incremental achievement: it is unlocked when the statistic reaches the
   * goal, and cannot be unlocked by hand.
   */
  readonly incremental?: { readonly statCode: string; readonly goal: number };
}

/** A leaderboard: players ranked by a statistic. */
export interface EmulatedLeaderboard {
  /** Its code; unique. */
  readonly leaderboardCode: string;
  /** The statistic it follows. */
  readonly statCode: string;
  /** Whether the largest value is first. @default {true} */
  readonly descending?: boolean;
}

/** A season that runs. */
export interface EmulatedSeason {
  /** Its identifier. */
  readonly seasonId: string;
  /** Experience that each tier takes, from the first on; at least one. */
  readonly tiers: readonly number[];
}

/** A player, and what they have before the first event. */
export interface EmulatedPlayer {
  /** Their id. */
  readonly userId: string;
  /** The name that IAM tells. @default {one made of the id} */
  readonly displayName?: string | undefined;
  /** Values by statistic. @default {none} */
  readonly statistics?: Readonly<Record<string, number>> | undefined;
  /** Codes of achievements that are unlocked. @default {none} */
  readonly achievements?: readonly string[] | undefined;
  /** Balances by currency. @default {none} */
  readonly wallets?: Readonly<Record<string, number>> | undefined;
  /** Items that are owned. @default {none} */
  readonly items?:
    | readonly { readonly itemId: string; readonly quantity: number }[]
    | undefined;
}

/** What a game has configured. */
export interface GameOptions {
  /** Players who have something from the start. @default {none} */
  readonly players?: readonly EmulatedPlayer[];
  /** Currencies beside those that items credit. @default {none} */
  readonly currencies?: readonly string[];
  /** Statistics. @default {DEFAULT_STATS} */
  readonly stats?: readonly EmulatedStat[];
  /** Achievements. @default {DEFAULT_ACHIEVEMENTS} */
  readonly achievements?: readonly EmulatedAchievement[];
  /** Leaderboards. @default {DEFAULT_LEADERBOARDS} */
  readonly leaderboards?: readonly EmulatedLeaderboard[];
  /** The season that runs; `null`: none does. @default {DEFAULT_SEASON} */
  readonly season?: EmulatedSeason | null;
  /** Codes of the challenges that run. @default {DEFAULT_CHALLENGES} */
  readonly challenges?: readonly string[];
}

/** A statistic that only grows. */
export const KILLS_STAT = "kills";
/** A statistic that starts at 1000 and stays between 0 and 5000. */
export const RATING_STAT = "rating";
/** An achievement that is unlocked by hand. */
export const FIRST_LOGIN_ACHIEVEMENT = "first-login";
/** An achievement that is unlocked by 100 kills. */
export const HUNDRED_KILLS_ACHIEVEMENT = "hundred-kills";
/** A leaderboard of kills. */
export const KILLS_LEADERBOARD = "top-killers";

/** The statistics of an emulator that is not given others. */
export const DEFAULT_STATS: readonly EmulatedStat[] = Object.freeze([
  { statCode: KILLS_STAT, incrementOnly: true },
  { statCode: RATING_STAT, defaultValue: 1000, minimum: 0, maximum: 5000 },
]);

/** The achievements of an emulator that is not given others. */
export const DEFAULT_ACHIEVEMENTS: readonly EmulatedAchievement[] = Object
  .freeze([
    { achievementCode: FIRST_LOGIN_ACHIEVEMENT },
    {
      achievementCode: HUNDRED_KILLS_ACHIEVEMENT,
      incremental: { statCode: KILLS_STAT, goal: 100 },
    },
  ]);

/** The leaderboards of an emulator that is not given others. */
export const DEFAULT_LEADERBOARDS: readonly EmulatedLeaderboard[] = Object
  .freeze([{ leaderboardCode: KILLS_LEADERBOARD, statCode: KILLS_STAT }]);

/** The season of an emulator that is not given another one. */
export const DEFAULT_SEASON: EmulatedSeason = Object.freeze({
  seasonId: "5ea50000000000000000000000000001",
  tiers: [100, 200, 300],
});

/** The challenges of an emulator that is not given others. */
export const DEFAULT_CHALLENGES: readonly string[] = Object.freeze(["daily"]);

/** A game's configuration, complete and checked. */
export interface GameCatalog {
  /** Statistics by code. */
  readonly stats: ReadonlyMap<string, EmulatedStat>;
  /** Achievements by code. */
  readonly achievements: ReadonlyMap<string, EmulatedAchievement>;
  /** Leaderboards by code. */
  readonly leaderboards: ReadonlyMap<string, EmulatedLeaderboard>;
  /** The season that runs, if one does. */
  readonly season: EmulatedSeason | undefined;
  /** Codes of the challenges that run. */
  readonly challenges: readonly string[];
}

/**
 * Completes and checks a configuration.
 *
 * @throws {TypeError} A code is empty or used twice, an achievement or a
 *   leaderboard follows a statistic that does not exist, or the season has no
 *   tier or one that takes no experience.
 */
export function createGameCatalog(options: GameOptions): GameCatalog {
  const stats = byCode(options.stats ?? DEFAULT_STATS, "statCode");
  const achievements = byCode(
    options.achievements ?? DEFAULT_ACHIEVEMENTS,
    "achievementCode",
  );
  const leaderboards = byCode(
    options.leaderboards ?? DEFAULT_LEADERBOARDS,
    "leaderboardCode",
  );
  for (const [code, { incremental }] of achievements) {
    if (incremental) requireStat(stats, { code, ...incremental });
  }
  for (const [code, { statCode }] of leaderboards) {
    requireStat(stats, { code, statCode });
  }
  const season = options.season === undefined ? DEFAULT_SEASON : options.season;
  if (season !== null) requireTiers(season);
  return {
    stats,
    achievements,
    leaderboards,
    season: season ?? undefined,
    challenges: options.challenges ?? DEFAULT_CHALLENGES,
  };
}

function byCode<K extends string, T extends { readonly [name in K]: string }>(
  entries: readonly T[],
  name: K,
): ReadonlyMap<string, T> {
  const map = new Map<string, T>();
  for (const entry of entries) {
    const code = entry[name];
    if (code === "" || map.has(code)) {
      throw new TypeError(
        `Cannot use ${name} "${code}": expected a code of its own`,
      );
    }
    map.set(code, entry);
  }
  return map;
}

function requireStat(
  stats: ReadonlyMap<string, EmulatedStat>,
  { code, statCode }: { readonly code: string; readonly statCode: string },
): void {
  if (stats.has(statCode)) return;
  throw new TypeError(
    `Cannot use "${code}": its statistic "${statCode}" does not exist`,
  );
}

function requireTiers({ seasonId, tiers }: EmulatedSeason): void {
  const isUsable = tiers.length > 0 &&
    tiers.every((exp) => Number.isSafeInteger(exp) && exp > 0);
  if (isUsable) return;
  throw new TypeError(
    `Cannot use season "${seasonId}": expected tiers that each take experience`,
  );
}
