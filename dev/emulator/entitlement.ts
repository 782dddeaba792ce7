/**
 * Entitlements and the terms they are granted on.
 *
 * @module
 */

import type { EmulatedItem } from "./catalog.ts";

/** Terms of a grant, besides what is granted. */
export interface GrantTerms {
  /** Why it is granted, in AGS's spelling. */
  readonly source?: string | null | undefined;
  /** Platform it comes from. */
  readonly origin?: string | null | undefined;
  /** Platform it is for; wins over `origin`. */
  readonly entitlementOrigin?: string | null | undefined;
  /** Collection it belongs to. */
  readonly entitlementCollectionId?: string | null | undefined;
  /** ISO 8601 date and time. */
  readonly startDate?: string | null | undefined;
  /** ISO 8601 date and time. */
  readonly endDate?: string | null | undefined;
  /** Seconds; ignored when there is an `endDate`. */
  readonly duration?: number | null | undefined;
}

/** One item to grant. */
export interface GrantOrder {
  /** What. */
  readonly item: EmulatedItem;
  /** How many. */
  readonly quantity: number;
  /** On which terms. */
  readonly terms: GrantTerms;
}

/** One entitlement of a player. Times are milliseconds since the epoch. */
export interface Entitlement {
  /** Identifier. */
  readonly id: string;
  /** What is owned. */
  readonly item: EmulatedItem;
  /** When it was granted. */
  readonly createdAt: number;
  /** When it was last added to. */
  updatedAt: number;
  /** Uses left; consumables only. */
  useCount?: number;
  /** When it starts, if the grant said so. */
  readonly startDate: number | undefined;
  /** When it ends, if ever. */
  readonly endDate: number | undefined;
  /** Why it was granted. */
  readonly source: string | undefined;
  /** Platform it is for. */
  readonly origin: string | undefined;
  /** Collection it belongs to. */
  readonly collectionId: string | undefined;
}

/**
 * Makes the entitlement that an order asks for.
 *
 * @param order The order.
 * @param now Time in milliseconds since the epoch.
 */
export function createEntitlement(
  { item, quantity, terms }: GrantOrder,
  { id, now }: { readonly id: string; readonly now: number },
): Entitlement {
  const { start, end } = period(terms, now);
  return {
    id,
    item,
    createdAt: now,
    updatedAt: now,
    ...(item.entitlementType === "CONSUMABLE" && {
      useCount: (item.useCount ?? 1) * quantity,
    }),
    startDate: start,
    endDate: end,
    source: terms.source ?? undefined,
    origin: terms.entitlementOrigin ?? terms.origin ?? undefined,
    collectionId: terms.entitlementCollectionId ?? undefined,
  };
}

/** Uses add up only where AGS would let two entitlements be merged. */
export function stacks(a: Entitlement, b: Entitlement): boolean {
  return a.startDate === b.startDate && a.endDate === b.endDate &&
    a.origin === b.origin && a.collectionId === b.collectionId;
}

/** Start and end that the terms name; a duration counts from the start. */
export function period(
  { startDate, endDate, duration }: GrantTerms,
  now: number,
): { readonly start: number | undefined; readonly end: number | undefined } {
  const start = startDate ? Date.parse(startDate) : undefined;
  if (endDate) return { start, end: Date.parse(endDate) };
  if (duration) return { start, end: (start ?? now) + duration * 1000 };
  return { start, end: undefined };
}
