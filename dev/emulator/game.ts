/**
 * The services of the game beside the store: statistics, achievements,
 * leaderboards, Cloud Save, the lobby, challenges, the season pass and wallets.
 *
 * They add to the emulator's own interface, see `control.ts`:
 *
 * | Request | Does |
 * | --- | --- |
 * | `GET /emulator/players/{userId}` | shows all that the services know of a player |
 * | `GET /emulator/records` | shows the admin records of the game |
 *
 * @module
 */

import { type Achievements, createAchievements } from "./achievement.ts";
import { type Challenges, createChallenges } from "./challenge.ts";
import { type CloudSave, createCloudSave } from "./cloudsave.ts";
import { ok } from "./errors.ts";
import { createGameCatalog, type GameOptions } from "./game_catalog.ts";
import type { PlatformOptions } from "./grants.ts";
import { leaderboardRoutes } from "./leaderboard.ts";
import { createLobby, type Lobby } from "./lobby.ts";
import type { Route } from "./router.ts";
import { createSeasonPass, type SeasonPass } from "./season_pass.ts";
import type { Service } from "./service.ts";
import { createStatistics, type Statistics } from "./statistics.ts";
import { seedPlayer } from "./seed_player.ts";
import { userRoutes } from "./users.ts";
import { currenciesOf, walletRoutes } from "./wallet.ts";

/** What the services of the game know, for tests. */
export interface Game {
  /** Numbers of players. */
  readonly statistics: Statistics;
  /** What players have achieved. */
  readonly achievements: Achievements;
  /** Admin records. */
  readonly cloudSave: CloudSave;
  /** Notifications sent. */
  readonly lobby: Lobby;
  /** Evaluations of players. */
  readonly challenges: Challenges;
  /** Experience of players. */
  readonly seasonPass: SeasonPass;
}

/** The game with the side that the emulator works with. */
export interface GameServices extends Game, Service {
  /** Additions to the emulator's own interface. */
  readonly control: readonly Route[];
}

/**
 * Creates the services of one game.
 *
 * @param options What the game has configured.
 * @param platform The store, whose wallets are credited.
 * @throws {TypeError} The configuration makes no sense.
 */
export function createGame(
  options: GameOptions,
  platform: PlatformOptions,
): GameServices {
  const { namespace, now, ledger } = platform;
  const catalog = createGameCatalog(options);
  const currencies = currenciesOf(platform.catalog, options.currencies);
  const { players = [] } = options;
  const achievements = createAchievements(catalog.achievements);
  const { stats, season } = catalog;
  const statistics = createStatistics({
    namespace,
    stats,
    onChange: achievements.reach,
  });
  const cloudSave = createCloudSave({ namespace, now });
  const lobby = createLobby(now);
  const challenges = createChallenges(catalog.challenges);
  const seasonPass = createSeasonPass({ namespace, season, now });
  const services: readonly Service[] = [
    statistics,
    achievements,
    cloudSave,
    lobby,
    challenges,
    seasonPass,
  ];

  function seed(): void {
    for (const player of players) {
      seedPlayer(player, {
        ...platform,
        game: catalog,
        currencies,
        statistics,
        achievements,
      });
    }
  }

  seed();

  function playerOf(userId: string): unknown {
    return {
      userId,
      grants: ledger.grantCounts(userId),
      statistics: statistics.values(userId),
      achievements: achievements.unlocked(userId),
      records: recordsOf(userId),
      notifications: lobby.notifications(userId),
      evaluations: challenges.evaluations(userId),
      seasonExp: seasonPass.totalExp(userId),
    };
  }

  function recordsOf(userId?: string): Readonly<Record<string, unknown>> {
    const keys = cloudSave.keys(userId);
    return Object.fromEntries(
      keys.map((key) => [key, cloudSave.record(key, userId)]),
    );
  }

  return {
    statistics,
    achievements,
    cloudSave,
    lobby,
    challenges,
    seasonPass,
    routes: [
      ...services.flatMap(({ routes }) => routes),
      ...leaderboardRoutes(catalog.leaderboards, statistics),
      ...walletRoutes({ ...platform, currencies }),
      ...userRoutes({
        namespace,
        displayNames: new Map(
          players.flatMap(({ userId, displayName }) =>
            displayName === undefined ? [] : [[userId, displayName]]
          ),
        ),
        now,
      }),
    ],
    control: [
      {
        method: "GET",
        template: "/emulator/players/{userId}",
        handle: ({ params: { userId = "" } }) => ok(playerOf(userId)),
      },
      {
        method: "GET",
        template: "/emulator/records",
        handle: () => ok({ records: recordsOf() }),
      },
    ],
    clear() {
      for (const service of services) service.clear();
      seed();
    },
  };
}
