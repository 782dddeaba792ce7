/**
 * AGS Platform: fulfillment, entitlement queries and the item lookup.
 *
 * @module
 */

import {
  type Answer,
  type FieldError,
  itemNotFound,
  ok,
  validationError,
} from "./errors.ts";
import { fulfillItem } from "./fulfillment_v1.ts";
import type { Transactions } from "./fulfillment_v3.ts";
import type { PlatformOptions } from "./grants.ts";
import type { Call, Route } from "./router.ts";
import { entitlementInfo, itemInfo } from "./summaries.ts";

/** Entitlements of one page when the caller does not say. */
const DEFAULT_LIMIT = 20;
/** Most entitlements of one page. The specification names no limit. */
const MAX_LIMIT = 100;

const USER = "/platform/admin/namespaces/{namespace}/users/{userId}";
const RESOURCE = "ADMIN:NAMESPACE:{namespace}";

/**
 * Builds the platform routes.
 *
 * @param options Store, ledger and journal.
 * @param transactions Transactions of v3 over the same ledger.
 */
export function platformRoutes(
  options: PlatformOptions,
  transactions: Transactions,
): readonly Route[] {
  const { namespace, catalog } = options;
  const createdAt = options.now();
  return [
    {
      method: "POST",
      template: `${USER}/fulfillment`,
      permission: {
        resource: `${RESOURCE}:USER:{userId}:FULFILLMENT`,
        action: 1,
      },
      journalBody: true,
      handle: (call) => fulfillItem(call, options),
    },
    {
      method: "PUT",
      template:
        "/platform/v3/admin/namespaces/{namespace}/users/{userId}/fulfillments/{transactionId}",
      permission: {
        resource: `${RESOURCE}:USER:{userId}:FULFILLMENT`,
        action: 4,
      },
      journalBody: true,
      handle: transactions.fulfill,
    },
    {
      method: "GET",
      template: `${USER}/entitlements`,
      permission: {
        resource: `${RESOURCE}:USER:{userId}:ENTITLEMENT`,
        action: 2,
      },
      handle: (call) => queryEntitlements(call, options),
    },
    {
      method: "GET",
      template: `${USER}/entitlements/ownership/byItemId`,
      permission: {
        resource: `${RESOURCE}:USER:{userId}:ENTITLEMENT`,
        action: 2,
      },
      handle: (call) => queryOwnership(call, options),
    },
    {
      method: "GET",
      template: "/platform/admin/namespaces/{namespace}/items/{itemId}",
      permission: { resource: `${RESOURCE}:ITEM`, action: 2 },
      handle: ({ params: { itemId = "" } }) => {
        const item = catalog.byId(itemId);
        return item
          ? ok(itemInfo(item, { namespace, createdAt }))
          : itemNotFound(itemId, namespace);
      },
    },
  ];
}

function queryEntitlements(call: Call, options: PlatformOptions): Answer {
  const { ledger, namespace } = options;
  const query = new URLSearchParams(call.query);
  const errors: FieldError[] = [];
  const limit = integer(query, {
    name: "limit",
    fallback: DEFAULT_LIMIT,
    errors,
  });
  const offset = integer(query, { name: "offset", fallback: 0, errors });
  const activeOnly = query.get("activeOnly") ?? "true";
  if (limit < 1 || limit > MAX_LIMIT) {
    errors.push({
      field: "limit",
      message: `must be between 1 and ${MAX_LIMIT}`,
      value: limit,
    });
  }
  if (activeOnly !== "true" && activeOnly !== "false") {
    errors.push({
      field: "activeOnly",
      message: "must be true or false",
      value: activeOnly,
    });
  }
  if (errors.length > 0) return validationError(errors);

  const userId = call.params.userId ?? "";
  const itemIds = new Set(query.getAll("itemId"));
  const all = ledger.entitlements(userId)
    .map((entitlement) => ({
      entitlement,
      active: ledger.isActive(entitlement),
    }))
    .filter(({ entitlement, active }) =>
      (active || activeOnly === "false") &&
      (itemIds.size === 0 || itemIds.has(entitlement.item.itemId))
    );
  const data = all.slice(offset, offset + limit).map((
    { entitlement, active },
  ) => entitlementInfo(entitlement, { namespace, userId, active }));
  const page = (at: number) => {
    query.set("limit", String(limit));
    query.set("offset", String(at));
    const path = USER.replace("{namespace}", namespace)
      .replace("{userId}", encodeURIComponent(userId));
    return `${path}/entitlements?${query}`;
  };
  return ok({
    data,
    paging: {
      ...(offset > 0 && { previous: page(Math.max(0, offset - limit)) }),
      ...(offset + limit < all.length && { next: page(offset + limit) }),
    },
  });
}

function queryOwnership(call: Call, { ledger }: PlatformOptions): Answer {
  const itemId = new URLSearchParams(call.query).get("itemId");
  if (!itemId) {
    return validationError([{ field: "itemId", message: "is required" }]);
  }
  const active = ledger.entitlements(call.params.userId ?? "").filter((
    entitlement,
  ) => entitlement.item.itemId === itemId && ledger.isActive(entitlement));
  // Owned for as long as the longest-lived entitlement; no end is the longest.
  const ends = active.map(({ endDate }) => endDate ?? Infinity);
  const end = Math.max(...ends);
  return ok({
    owned: active.length > 0,
    ...(Number.isFinite(end) && { endDate: new Date(end).toISOString() }),
  });
}

function integer(
  query: URLSearchParams,
  { name, fallback, errors }: {
    readonly name: string;
    readonly fallback: number;
    readonly errors: FieldError[];
  },
): number {
  const text = query.get(name);
  if (text === null) return fallback;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  errors.push({
    field: name,
    message: "must be a non-negative integer",
    value: text,
  });
  return fallback;
}
