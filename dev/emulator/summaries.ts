/**
 * Grants, entitlements and items in the field names of AGS's platform service.
 *
 * @module
 */

import { type EmulatedItem, isStackable } from "./catalog.ts";
import type { Entitlement } from "./entitlement.ts";
import type { GrantResult } from "./ledger.ts";

/** Whose grant a summary describes. */
export interface Owner {
  /** Namespace of the game. */
  readonly namespace: string;
  /** Player. */
  readonly userId: string;
}

/** The summary lists of a fulfillment answer; a kind not granted is absent. */
export interface Summaries {
  /** Entitlements made or added to. */
  readonly entitlementSummaries?: readonly unknown[];
  /** Wallets credited. */
  readonly creditSummaries?: readonly unknown[];
  /** Subscriptions opened. */
  readonly subscriptionSummaries?: readonly unknown[];
}

/** Sorts the results of a grant into AGS's summary lists. */
export function summarize(
  results: readonly {
    readonly item: EmulatedItem;
    readonly result: GrantResult;
  }[],
  owner: Owner,
): Summaries {
  const entitlements: unknown[] = [];
  const credits: unknown[] = [];
  const subscriptions: unknown[] = [];
  for (const { item, result } of results) {
    if (result.kind === "entitlements") {
      for (const entitlement of result.entitlements) {
        entitlements.push(entitlementSummary(entitlement, owner));
      }
    } else if (result.kind === "credit") {
      const { walletId, amount, currencyCode } = result;
      credits.push({ ...owner, walletId, amount, currencyCode });
    } else {
      subscriptions.push({
        ...owner,
        id: result.subscriptionId,
        itemId: item.itemId,
        sku: item.sku,
        status: "ACTIVE",
        subscribedBy: "PLATFORM",
        currentPeriodStart: iso(result.start),
        currentPeriodEnd: iso(result.end),
      });
    }
  }
  return {
    ...(entitlements.length > 0 && { entitlementSummaries: entitlements }),
    ...(credits.length > 0 && { creditSummaries: credits }),
    ...(subscriptions.length > 0 && { subscriptionSummaries: subscriptions }),
  };
}

/** An entitlement as the entitlement queries answer it. */
export function entitlementInfo(
  entitlement: Entitlement,
  { active, ...owner }: Owner & { readonly active: boolean },
): unknown {
  const { item, useCount } = entitlement;
  return {
    ...common(entitlement, owner),
    itemNamespace: owner.namespace,
    sku: item.sku,
    status: active ? "ACTIVE" : "INACTIVE",
    grantedAt: iso(entitlement.createdAt),
    source: entitlement.source,
    ...(useCount !== undefined && { useCount }),
  };
}

/** An item as the item lookup answers it. */
export function itemInfo(
  item: EmulatedItem,
  { namespace, createdAt }: {
    readonly namespace: string;
    readonly createdAt: number;
  },
): unknown {
  const { itemId, sku, name, itemType, entitlementType } = item;
  return {
    itemId,
    namespace,
    name,
    sku,
    itemType,
    entitlementType,
    status: "ACTIVE",
    stackable: isStackable(item),
    useCount: item.useCount ??
      (entitlementType === "CONSUMABLE" ? 1 : undefined),
    targetCurrencyCode: item.targetCurrencyCode,
    localizations: { en: { title: name } },
    regionData: {},
    createdAt: iso(createdAt),
    updatedAt: iso(createdAt),
  };
}

function entitlementSummary(entitlement: Entitlement, owner: Owner): unknown {
  const { useCount } = entitlement;
  return {
    ...common(entitlement, owner),
    ...(useCount !== undefined && { stackedUseCount: useCount }),
  };
}

function common(entitlement: Entitlement, owner: Owner) {
  const { id, item, startDate, endDate, origin, collectionId } = entitlement;
  return {
    id,
    ...owner,
    itemId: item.itemId,
    name: item.name,
    clazz: classOf(item),
    type: item.entitlementType,
    stackable: isStackable(item),
    origin,
    collectionId,
    startDate: startDate && iso(startDate),
    endDate: endDate && iso(endDate),
    createdAt: iso(entitlement.createdAt),
    updatedAt: iso(entitlement.updatedAt),
  };
}

function classOf({ itemType }: EmulatedItem): string {
  return itemType === "INGAMEITEM" ? "ENTITLEMENT" : itemType;
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
