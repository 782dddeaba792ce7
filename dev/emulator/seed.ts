/**
 * The seed: what your game has configured at AGS, as `emulator/seed.json` says it. It
 * adds to what the emulator has by itself; an entry with the same id or code replaces
 * that one.
 *
 * @module
 */

import { z } from "zod";
import { DEFAULT_ITEMS, type EmulatedItem } from "./catalog.ts";
import {
  DEFAULT_ACHIEVEMENTS,
  DEFAULT_CHALLENGES,
  DEFAULT_LEADERBOARDS,
  DEFAULT_STATS,
  type GameOptions,
} from "./game_catalog.ts";

const code = z.string().min(1).max(128);
const amount = z.int().min(1);

const item = z.strictObject({
  itemId: code.describe("Its id; AGS's have 32 hexadecimal digits"),
  sku: code.optional().describe("The other way to name it"),
  name: z.string().min(1).describe("Its name, for people"),
  itemType: z.enum([
    "APP",
    "CODE",
    "COINS",
    "INGAMEITEM",
    "LOOTBOX",
    "MEDIA",
    "OPTIONBOX",
    "SUBSCRIPTION",
  ]).default("INGAMEITEM"),
  entitlementType: z.enum(["CONSUMABLE", "DURABLE"])
    .describe("A DURABLE item is owned once"),
  stackable: z.boolean().optional()
    .describe("Whether grants of a consumable add up in one entitlement"),
  useCount: amount.optional()
    .describe("Uses of one consumable, or coins of one COINS item"),
  targetCurrencyCode: code.optional()
    .describe("The currency that a COINS item credits"),
});

const player = z.strictObject({
  userId: code,
  displayName: z.string().min(1).optional(),
  statistics: z.record(code, z.number()).optional()
    .describe("Values by statCode"),
  achievements: z.array(code).optional().describe("Codes that are unlocked"),
  wallets: z.record(code, amount).optional()
    .describe("Balances by currencyCode"),
  items: z.array(z.strictObject({ itemId: code, quantity: amount.default(1) }))
    .optional().describe("What the player owns"),
});

const seedSchema = z.strictObject({
  $schema: z.string().optional(),
  items: z.array(item).optional().describe("Items of the store"),
  currencies: z.array(code).optional()
    .describe("Codes of currencies, beside those that COINS items credit"),
  stats: z.array(z.strictObject({
    statCode: code,
    defaultValue: z.number().optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    incrementOnly: z.boolean().optional(),
  })).optional().describe("Statistics"),
  achievements: z.array(z.strictObject({
    achievementCode: code,
    incremental: z.strictObject({ statCode: code, goal: z.number() })
      .optional().describe("Unlocked when the statistic reaches the goal"),
  })).optional(),
  leaderboards: z.array(z.strictObject({
    leaderboardCode: code,
    statCode: code,
    descending: z.boolean().optional(),
  })).optional(),
  season: z.strictObject({
    seasonId: code,
    tiers: z.array(amount).min(1)
      .describe("Experience that each tier takes"),
  }).nullable().optional().describe("The season that runs; null: none does"),
  challenges: z.array(code).optional().describe("Codes of challenges"),
  players: z.array(player).max(10_000).optional()
    .describe("Players, and what they have before the first event"),
});

/** What a seed adds up to: options of an emulator. */
export interface Seed extends GameOptions {
  /** Items of the store. */
  readonly items: readonly EmulatedItem[];
}

/** A seed that makes no sense; says where and why. */
export class SeedError extends TypeError {
  override name = "SeedError";
}

/**
 * Reads a seed.
 *
 * @param text JSON, as `emulator/seed.json` has it.
 * @throws {SeedError} It is not JSON, or not a seed.
 */
export function parseSeed(text: string): Seed {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SeedError(`it is not JSON: ${why}`, { cause });
  }
  const parsed = seedSchema.safeParse(input);
  if (!parsed.success) {
    throw new SeedError(
      parsed.error.issues.map(({ path, message }) =>
        `${path.map(String).join(".") || "it"}: ${message}`
      ).join("; "),
    );
  }
  const own = parsed.data;
  return {
    items: merged(DEFAULT_ITEMS, own.items, "itemId"),
    stats: merged(DEFAULT_STATS, own.stats, "statCode"),
    achievements: merged(
      DEFAULT_ACHIEVEMENTS,
      own.achievements,
      "achievementCode",
    ),
    leaderboards: merged(
      DEFAULT_LEADERBOARDS,
      own.leaderboards,
      "leaderboardCode",
    ),
    challenges: [...new Set([...DEFAULT_CHALLENGES, ...own.challenges ?? []])],
    currencies: own.currencies ?? [],
    players: own.players ?? [],
    ...(own.season !== undefined && { season: own.season }),
  } as Seed;
}

/** JSON Schema of a seed, for editors. */
export function seedJsonSchema(): unknown {
  return {
    title: "Seed of the AGS emulator",
    description: "What the game has configured at AGS: docs/emulator.md",
    ...z.toJSONSchema(seedSchema, { io: "input" }),
  };
}

/** A seed's own come last, and twice the same code is the game catalog's to refuse. */
function merged<T, K extends keyof T>(
  defaults: readonly T[],
  own: readonly object[] = [],
  key: K,
): readonly T[] {
  const given = own as readonly T[];
  const codes = new Set(given.map((entry) => entry[key]));
  return [...defaults.filter((entry) => !codes.has(entry[key])), ...given];
}
