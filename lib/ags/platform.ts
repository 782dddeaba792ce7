/**
 * AGS Platform: items and what players own.
 *
 * @module
 */

import { z } from "zod";
import type { Ags } from "../core/context.ts";
import { isRefusal } from "./_answer.ts";
import { AgsError } from "./errors.ts";

/** The reason for a grant, in AGS's terms. */
export type FulfillmentSource =
  | "PURCHASE"
  | "IAP"
  | "PROMOTION"
  | "ACHIEVEMENT"
  | "REFERRAL_BONUS"
  | "REDEEM_CODE"
  | "REWARD"
  | "GIFT"
  | "DLC"
  | "OTHER";

/** The item and the player. */
export interface FulfillItemRequest {
  /** The player. */
  readonly userId: string;
  /** The store item. */
  readonly itemId: string;
  /** The quantity. @default {1} */
  readonly quantity?: number;
  /** The reason. @default {"REWARD"} */
  readonly source?: FulfillmentSource;
  /** Stored with the entitlement. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The result of a grant. */
export interface FulfillItemResult {
  /**
   * The player already has this durable item: nothing was granted, and nothing
   * is missing.
   */
  readonly alreadyOwned: boolean;
  /** Ids of the granted entitlements. */
  readonly entitlementIds: readonly string[];
  /** Granted coins, by currency code. */
  readonly credits: readonly {
    /** The currency; older versions of AGS omit it. */
    readonly currencyCode?: string | undefined;
    readonly amount: number;
  }[];
  /** The number of granted subscriptions. */
  readonly subscriptions: number;
}

/** "The user has this durable item already": counts as granted. */
const ALREADY_OWNED = 38121;

const summaries = z.array(z.looseObject({})).nullish();
const FulfillmentAnswer = z.object({
  entitlementSummaries: z.array(z.object({ id: z.string() })).nullish(),
  creditSummaries: z.array(
    z.object({ currencyCode: z.string().optional(), amount: z.number() }),
  ).nullish(),
  subscriptionSummaries: summaries,
});

/**
 * Grants an item to a player (fulfillment v1).
 *
 * A durable item that the player already owns counts as granted. Items are
 * reported as entitlements, coins as credits, subscriptions as subscriptions:
 * any of them means that the grant succeeded.
 *
 * AGS has no idempotency key here: each accepted request grants again. So if it
 * is unknown whether AGS has granted (the answer was lost or late, or is a
 * 5xx), the call fails instead of retrying. The event is then delivered again,
 * and its handler grants again: with v1, the choice is between twice and not at
 * all.
 *
 * Permission: `ADMIN:NAMESPACE:{namespace}:USER:{userId}:FULFILLMENT [CREATE]`;
 * on Shared Cloud: Platform Store → Fulfillment (Create).
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { fulfillItem } from "./platform.ts";
 *
 * export async function gift(ags: Ags, userId: string): Promise<void> {
 *   const { alreadyOwned } = await fulfillItem(ags, { userId, itemId: "a1b2c3" });
 *   if (alreadyOwned) return;
 * }
 * ```
 *
 * @param ags AGS's REST API: `ctx.ags`.
 * @param request The item and the player.
 * @returns What was granted.
 * @throws {AgsError} Not granted. Not retryable: no such item (404/30341), a
 * closed wallet (400/35123), an answer that reports no grant.
 * @throws {TerminalError} `userId` is empty.
 */
export async function fulfillItem(
  ags: Ags,
  request: FulfillItemRequest,
): Promise<FulfillItemResult> {
  const { userId, itemId, quantity = 1, source = "REWARD", metadata } = request;
  try {
    const answer = await ags.request("POST", FULFILLMENT, {
      params: { userId },
      body: { itemId, quantity, source, ...(metadata && { metadata }) },
    });
    return granted(answer, itemId);
  } catch (error) {
    if (isRefusal(error, ALREADY_OWNED)) {
      return { alreadyOwned: true, ...NOTHING };
    }
    throw error;
  }
}

const FULFILLMENT =
  "/platform/admin/namespaces/{namespace}/users/{userId}/fulfillment";

const NOTHING = { entitlementIds: [], credits: [], subscriptions: 0 };

function granted(answer: unknown, itemId: string): FulfillItemResult {
  const parsed = FulfillmentAnswer.safeParse(answer);
  const {
    entitlementSummaries: entitlements,
    creditSummaries: credits,
    subscriptionSummaries: subscriptions,
  } = parsed.data ?? {};
  const count = (entitlements?.length ?? 0) + (credits?.length ?? 0) +
    (subscriptions?.length ?? 0);
  if (count === 0) {
    throw new AgsError(
      `AGS reported no grant for item ${itemId}: expected an entitlement, ` +
        "credit or subscription summary",
      { status: 200, retryable: false, cause: parsed.error },
    );
  }
  return {
    alreadyOwned: false,
    entitlementIds: entitlements?.map(({ id }) => id) ?? [],
    credits: credits ?? [],
    subscriptions: subscriptions?.length ?? 0,
  };
}

/** Which entitlements of a player to list. */
export interface QueryEntitlementsRequest {
  /** The player. */
  readonly userId: string;
  /** Only those of these store items. */
  readonly itemIds?: readonly string[];
  /** Only those that can be used now. @default {true} */
  readonly activeOnly?: boolean;
  /** The most to return. @default {20} */
  readonly limit?: number;
  /** How many to skip. @default {0} */
  readonly offset?: number;
}

/** Something a player owns. */
export interface Entitlement {
  /** The entitlement's id. */
  readonly id: string;
  /** The store item. */
  readonly itemId: string;
  /** `ACTIVE`, `INACTIVE`, `CONSUMED`, `REVOKED`, … */
  readonly status: string;
  /** The remaining uses, for consumables. */
  readonly useCount?: number | null | undefined;
}

const EntitlementPage = z.object({
  data: z.array(z.object({
    id: z.string(),
    itemId: z.string(),
    status: z.string(),
    useCount: z.number().nullish(),
  })),
});

/**
 * Lists what a player owns.
 *
 * Permission: `ADMIN:NAMESPACE:{namespace}:USER:{userId}:ENTITLEMENT [READ]`.
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { queryEntitlements } from "./platform.ts";
 *
 * export async function owns(ags: Ags, userId: string): Promise<boolean> {
 *   const found = await queryEntitlements(ags, { userId, itemIds: ["a1b2c3"] });
 *   return found.length > 0;
 * }
 * ```
 *
 * @param ags AGS's REST API: `ctx.ags`.
 * @param request The player and the filters.
 * @returns The matching entitlements; may be empty.
 * @throws {AgsError} AGS refused, or its answer is not a page of entitlements.
 */
export async function queryEntitlements(
  ags: Ags,
  request: QueryEntitlementsRequest,
): Promise<readonly Entitlement[]> {
  const { userId, itemIds, activeOnly = true, limit = 20, offset = 0 } =
    request;
  const path =
    "/platform/admin/namespaces/{namespace}/users/{userId}/entitlements";
  const answer = await ags.request("GET", path, {
    params: { userId },
    query: { itemId: itemIds, activeOnly, limit, offset },
  });
  const page = EntitlementPage.safeParse(answer);
  if (page.success) return page.data.data;
  throw new AgsError(
    `AGS answered GET ${path} without entitlements: expected a page of them`,
    { status: 200, retryable: false, cause: page.error },
  );
}
