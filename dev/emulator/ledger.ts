/**
 * What players own. Every accepted grant changes it: there is no idempotency
 * here but that of a transaction identifier, as in AGS.
 *
 * @module
 */

import { type EmulatedItem, isOwnedOnce, isStackable } from "./catalog.ts";
import {
  createEntitlement,
  type Entitlement,
  type GrantOrder,
  period,
  stacks,
} from "./entitlement.ts";

/**
 * Most players remembered. Beyond it the player who came first is forgotten,
 * with everything owned and counted, and {@linkcode State.forgotten} grows.
 */
export const MAX_PLAYERS = 100_000;

/** Most entitlements kept of one player and item; the oldest goes first. */
export const MAX_ENTITLEMENTS = 1000;

/** What one grant changed. */
export type GrantResult =
  | {
    readonly kind: "entitlements";
    readonly entitlements: readonly Entitlement[];
  }
  | {
    readonly kind: "credit";
    readonly walletId: string;
    readonly currencyCode: string;
    readonly amount: number;
  }
  | {
    readonly kind: "subscription";
    readonly subscriptionId: string;
    readonly start: number;
    readonly end: number;
  };

/** Why an order cannot be granted. */
export type GrantRefusal = "alreadyOwned" | "endDateRequired";

/** Totals of one player and item. */
export interface GrantCount {
  /** Accepted grants. */
  readonly grants: number;
  /** Sum of their quantities. */
  readonly quantity: number;
}

/** Read side of the ledger, for tests. */
export interface State {
  /** Players remembered. */
  readonly players: number;
  /**
   * Players forgotten because there were more than {@linkcode MAX_PLAYERS}.
   * While it is 0, every count is exact.
   */
  readonly forgotten: number;
  /** Accepted grants of one item to one player. */
  grantCount(userId: string, itemId: string): GrantCount;
  /** Accepted grants to one player, by item. */
  grantCounts(userId: string): Readonly<Record<string, GrantCount>>;
  /** Coins in a player's wallet. */
  balance(userId: string, currencyCode: string): number;
  /** Players who got any item more than `times`, with the item. */
  grantedMoreThan(
    times: number,
  ): readonly { readonly userId: string; readonly itemId: string }[];
}

/** Write side of the ledger, for the emulator's own use. */
export interface Ledger extends State {
  /** Why this order would be refused now, if it would. */
  refusal(userId: string, order: GrantOrder): GrantRefusal | undefined;
  /** Grants, without asking {@linkcode Ledger.refusal}. */
  grant(userId: string, order: GrantOrder): GrantResult;
  /** All entitlements of a player, oldest first. */
  entitlements(userId: string): Entitlement[];
  /** Whether an entitlement is within its time range now. */
  isActive(entitlement: Entitlement): boolean;
  /** A new identifier in AGS's form: 32 hexadecimal digits. */
  newId(): string;
  /** Forgets everything. */
  clear(): void;
}

interface Holding {
  readonly item: EmulatedItem;
  grants: number;
  quantity: number;
  readonly entitlements: Entitlement[];
}

interface Wallet {
  readonly id: string;
  balance: number;
}

interface Player {
  /** By item; a player of a test owns few, so a scan beats a map's memory. */
  readonly holdings: Holding[];
  wallets?: Map<string, Wallet>;
}

const NOTHING: GrantCount = Object.freeze({ grants: 0, quantity: 0 });

/**
 * Creates an empty ledger.
 *
 * @param now Time in milliseconds since the epoch.
 */
export function createLedger(now: () => number): Ledger {
  const players = new Map<string, Player>();
  let ids = 0;
  let forgotten = 0;

  const newId = () => (++ids).toString(16).padStart(32, "0");

  function playerOf(userId: string): Player {
    let player = players.get(userId);
    if (player === undefined) {
      if (players.size >= MAX_PLAYERS) {
        const first = players.keys().next();
        if (!first.done) players.delete(first.value);
        forgotten++;
      }
      player = { holdings: [] };
      players.set(userId, player);
    }
    return player;
  }

  function holding(userId: string, itemId: string): Holding | undefined {
    return players.get(userId)?.holdings.find(({ item }) =>
      item.itemId === itemId
    );
  }

  function isActive({ endDate }: Entitlement): boolean {
    return endDate === undefined || now() < endDate;
  }

  function credit(player: Player, { item, quantity }: GrantOrder): GrantResult {
    const currencyCode = item.targetCurrencyCode ?? "";
    const wallets = player.wallets ??= new Map();
    let wallet = wallets.get(currencyCode);
    if (wallet === undefined) {
      wallet = { id: newId(), balance: 0 };
      wallets.set(currencyCode, wallet);
    }
    const amount = (item.useCount ?? 1) * quantity;
    wallet.balance += amount;
    return { kind: "credit", walletId: wallet.id, currencyCode, amount };
  }

  function subscribe({ terms }: GrantOrder): GrantResult {
    const time = now();
    const { start = time, end = time } = period(terms, time);
    return { kind: "subscription", subscriptionId: newId(), start, end };
  }

  function entitle(held: Holding, order: GrantOrder): GrantResult {
    const { item } = order;
    const fresh = createEntitlement(order, { id: newId(), now: now() });
    const stack = isStackable(item)
      ? held.entitlements.find((entitlement) => stacks(entitlement, fresh))
      : undefined;
    if (stack !== undefined) {
      stack.useCount = (stack.useCount ?? 0) + (fresh.useCount ?? 0);
      stack.updatedAt = fresh.createdAt;
      return { kind: "entitlements", entitlements: [stack] };
    }
    held.entitlements.push(fresh);
    if (held.entitlements.length > MAX_ENTITLEMENTS) held.entitlements.shift();
    return { kind: "entitlements", entitlements: [fresh] };
  }

  return {
    get players() {
      return players.size;
    },
    get forgotten() {
      return forgotten;
    },
    grantCount(userId, itemId) {
      const held = holding(userId, itemId);
      return held ? countOf(held) : NOTHING;
    },
    grantCounts(userId) {
      const holdings = players.get(userId)?.holdings ?? [];
      return Object.fromEntries(
        holdings.map((held) => [held.item.itemId, countOf(held)]),
      );
    },
    balance(userId, currencyCode) {
      return players.get(userId)?.wallets?.get(currencyCode)?.balance ?? 0;
    },
    grantedMoreThan(times) {
      const found: { userId: string; itemId: string }[] = [];
      for (const [userId, { holdings }] of players) {
        for (const { grants, item } of holdings) {
          if (grants > times) found.push({ userId, itemId: item.itemId });
        }
      }
      return found;
    },
    refusal(userId, { item, terms }) {
      if (item.itemType === "SUBSCRIPTION") {
        return period(terms, now()).end === undefined
          ? "endDateRequired"
          : undefined;
      }
      if (!isOwnedOnce(item)) return undefined;
      return holding(userId, item.itemId)?.entitlements.some(isActive)
        ? "alreadyOwned"
        : undefined;
    },
    grant(userId, order) {
      const { item, quantity } = order;
      const player = playerOf(userId);
      let held = player.holdings.find((other) =>
        other.item.itemId === item.itemId
      );
      if (held === undefined) {
        held = { item, grants: 0, quantity: 0, entitlements: [] };
        player.holdings.push(held);
      }
      held.grants++;
      held.quantity += quantity;
      if (item.itemType === "COINS") return credit(player, order);
      if (item.itemType === "SUBSCRIPTION") return subscribe(order);
      return entitle(held, order);
    },
    entitlements(userId) {
      const holdings = players.get(userId)?.holdings ?? [];
      return holdings.flatMap((held) => held.entitlements)
        .sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
    },
    isActive,
    newId,
    clear() {
      players.clear();
      forgotten = 0;
    },
  };
}

function countOf({ grants, quantity }: Holding): GrantCount {
  return { grants, quantity };
}
