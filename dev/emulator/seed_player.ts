/**
 * Gives players what the seed says that they have.
 *
 * @module
 */

import type { AchievementService } from "./achievement.ts";
import type { Catalog, EmulatedItem } from "./catalog.ts";
import type { EmulatedPlayer, GameCatalog } from "./game_catalog.ts";
import type { Ledger } from "./ledger.ts";
import type { StatisticsService } from "./statistics.ts";

/** What players are given out of. */
export interface SeedPlayerOptions {
  /** Items of the store. */
  readonly catalog: Catalog;
  /** Statistics and achievements. */
  readonly game: GameCatalog;
  /** Currencies by code. */
  readonly currencies: ReadonlyMap<string, EmulatedItem>;
  /** What players own. */
  readonly ledger: Ledger;
  /** Numbers of players. */
  readonly statistics: StatisticsService;
  /** What players have achieved. */
  readonly achievements: AchievementService;
}

/**
 * Gives one player theirs.
 *
 * @throws {TypeError} Something of it does not exist.
 */
export function seedPlayer(
  player: EmulatedPlayer,
  options: SeedPlayerOptions,
): void {
  const { catalog, game, currencies, ledger } = options;
  const { userId } = player;
  const needed = <T>(what: string, code: string, found: T | undefined): T => {
    if (found !== undefined) return found;
    throw new TypeError(
      `Cannot seed player "${userId}": ${what} "${code}" does not exist`,
    );
  };
  for (const [statCode, value] of Object.entries(player.statistics ?? {})) {
    needed("the statistic", statCode, game.stats.get(statCode));
    options.statistics.put(userId, { statCode, value });
  }
  for (const code of player.achievements ?? []) {
    needed("the achievement", code, game.achievements.get(code));
    options.achievements.add(userId, code);
  }
  for (const [code, quantity] of Object.entries(player.wallets ?? {})) {
    const item = needed("the currency", code, currencies.get(code));
    ledger.grant(userId, { item, quantity, terms: {} });
  }
  for (const { itemId, quantity } of player.items ?? []) {
    const item = needed("the item", itemId, catalog.byId(itemId));
    ledger.grant(userId, { item, quantity, terms: {} });
  }
}
