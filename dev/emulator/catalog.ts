/**
 * The items that the emulated store sells and grants. The identifiers look
 * like those of AGS: 32 hexadecimal digits.
 *
 * @module
 */

/** Kinds of item that the emulator can grant, in AGS's spelling. */
export type EmulatedItemType =
  | "APP"
  | "CODE"
  | "COINS"
  | "INGAMEITEM"
  | "LOOTBOX"
  | "MEDIA"
  | "OPTIONBOX"
  | "SUBSCRIPTION";

/** One item of the emulated store. */
export interface EmulatedItem {
  /** Identifier; unique in the catalogue. */
  readonly itemId: string;
  /** Stock keeping unit, the other way to name an item; unique if given. */
  readonly sku?: string;
  /** Name for people. */
  readonly name: string;
  /** What is granted: COINS credit a wallet, SUBSCRIPTION opens a period. */
  readonly itemType: EmulatedItemType;
  /** A DURABLE item is owned once; a CONSUMABLE is granted again each time. */
  readonly entitlementType: "CONSUMABLE" | "DURABLE";
  /**
   * Whether grants of a consumable add up in one entitlement.
   *
   * @default {true} for a CONSUMABLE
   */
  readonly stackable?: boolean;
  /**
   * Uses of one consumable, or coins credited by one COINS item.
   *
   * @default {1}
   */
  readonly useCount?: number;
  /** Currency that a COINS item credits; needed for that type. */
  readonly targetCurrencyCode?: string;
}

/** An item a player can own once: a second grant answers 38121. */
export const DURABLE_ITEM_ID = "e0000000000000000000000000000001";
/** A consumable whose grants add up: a double grant shows as two uses. */
export const CONSUMABLE_ITEM_ID = "e0000000000000000000000000000002";
/** A consumable that makes a new entitlement with each grant. */
export const UNSTACKABLE_ITEM_ID = "e0000000000000000000000000000003";
/** 100 coins of the currency `GOLD`: answers `creditSummaries`. */
export const COINS_ITEM_ID = "e0000000000000000000000000000004";
/** A subscription: needs an end and answers `subscriptionSummaries`. */
export const SUBSCRIPTION_ITEM_ID = "e0000000000000000000000000000005";

/** The store that an emulator has unless it is given another one. */
export const DEFAULT_ITEMS: readonly EmulatedItem[] = Object.freeze([
  {
    itemId: DURABLE_ITEM_ID,
    sku: "founder-sword",
    name: "Founder's sword",
    itemType: "INGAMEITEM",
    entitlementType: "DURABLE",
  },
  {
    itemId: CONSUMABLE_ITEM_ID,
    sku: "health-potion",
    name: "Health potion",
    itemType: "INGAMEITEM",
    entitlementType: "CONSUMABLE",
  },
  {
    itemId: UNSTACKABLE_ITEM_ID,
    sku: "mystery-box",
    name: "Mystery box",
    itemType: "LOOTBOX",
    entitlementType: "CONSUMABLE",
    stackable: false,
  },
  {
    itemId: COINS_ITEM_ID,
    sku: "gold-purse",
    name: "Purse of gold",
    itemType: "COINS",
    entitlementType: "CONSUMABLE",
    useCount: 100,
    targetCurrencyCode: "GOLD",
  },
  {
    itemId: SUBSCRIPTION_ITEM_ID,
    sku: "premium-pass",
    name: "Premium pass",
    itemType: "SUBSCRIPTION",
    entitlementType: "DURABLE",
  },
]);

/** Whether a player can own an item at most once at a time. */
export function isOwnedOnce(
  { entitlementType, itemType }: EmulatedItem,
): boolean {
  return entitlementType === "DURABLE" && itemType !== "COINS" &&
    itemType !== "SUBSCRIPTION";
}

/** Whether grants of an item add up in one entitlement. */
export function isStackable(
  { entitlementType, stackable }: EmulatedItem,
): boolean {
  return entitlementType === "CONSUMABLE" && stackable !== false;
}

/** Looks items up; the emulator's read-only view of its store. */
export interface Catalog {
  /** All items, in the order given. */
  readonly items: readonly EmulatedItem[];
  /** The item with this identifier, if there is one. */
  byId(itemId: string): EmulatedItem | undefined;
  /** The item with this SKU, if there is one. */
  bySku(sku: string): EmulatedItem | undefined;
}

/**
 * Builds a catalogue.
 *
 * @param items The items of the store.
 * @throws {TypeError} If an identifier or SKU is empty or used twice, if a
 *   COINS item names no currency, or if a use count is not a positive integer.
 */
export function createCatalog(items: readonly EmulatedItem[]): Catalog {
  const byId = new Map<string, EmulatedItem>();
  const bySku = new Map<string, EmulatedItem>();
  for (const item of items) {
    register(byId, item, { field: "itemId", key: item.itemId });
    if (item.sku !== undefined) {
      register(bySku, item, { field: "sku", key: item.sku });
    }
    if (item.itemType === "COINS" && !item.targetCurrencyCode) {
      throw new TypeError(
        `Cannot use item "${item.itemId}": a COINS item needs a targetCurrencyCode`,
      );
    }
    const uses = item.useCount ?? 1;
    if (!Number.isSafeInteger(uses) || uses < 1) {
      throw new TypeError(
        `Cannot use item "${item.itemId}": useCount is ${uses}, expected a positive integer`,
      );
    }
  }
  return {
    items: [...items],
    byId: (itemId) => byId.get(itemId),
    bySku: (sku) => bySku.get(sku),
  };
}

function register(
  index: Map<string, EmulatedItem>,
  item: EmulatedItem,
  { field, key }: { readonly field: string; readonly key: string },
): void {
  if (key === "") {
    throw new TypeError(
      `Cannot use item "${item.name}": its ${field} is empty`,
    );
  }
  if (index.has(key)) {
    throw new TypeError(
      `Cannot use item "${item.name}": the ${field} "${key}" is taken by "${
        index.get(key)?.name
      }"`,
    );
  }
  index.set(key, item);
}
