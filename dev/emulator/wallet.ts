/**
 * AGS Platform, wallets: crediting coins. The wallets are the ledger's own, which
 * COINS items credit too, so that a balance is the sum of both.
 *
 * Currencies are those that the items of the store credit, and those that the seed
 * names; any other one answers 404 with 36141. Credits that expire (`expireAt`) are not emulated and refused.
 *
 * A credit has no idempotency key, so each is counted: as grants of an item that
 * is named after the currency, see {@linkcode creditItemId}.
 *
 * @module
 */

import { z } from "zod";
import type { Catalog, EmulatedItem } from "./catalog.ts";
import { agsError, type Answer, ok } from "./errors.ts";
import { isAnswer } from "./grants.ts";
import type { Ledger } from "./ledger.ts";
import { checkSchema, readJson } from "./request_body.ts";
import type { Call, Route } from "./router.ts";
import { iso, RESOURCE } from "./service.ts";

/** What the wallet routes work with. */
export interface WalletOptions {
  /** Namespace of the game. */
  readonly namespace: string;
  /** Currencies by code, see {@linkcode currenciesOf}. */
  readonly currencies: ReadonlyMap<string, EmulatedItem>;
  /** What players own. */
  readonly ledger: Ledger;
  /** Time in milliseconds since the epoch. */
  readonly now: () => number;
}

/** The currencies of a game, each with the item that its credits are counted under. */
export function currenciesOf(
  { items }: Pick<Catalog, "items">,
  more: readonly string[] = [],
): ReadonlyMap<string, EmulatedItem> {
  const codes = [
    ...items.flatMap(({ targetCurrencyCode: code }) => code ? [code] : []),
    ...more,
  ];
  return new Map(codes.map((code) => [code, creditItem(code)]));
}

const creditSchema = z.object({
  amount: z.int().min(1),
  source: z.enum([
    "ACHIEVEMENT",
    "CONSUME_ENTITLEMENT",
    "DLC",
    "GIFT",
    "IAP",
    "IAP_CHARGEBACK_REVERSED",
    "OTHER",
    "PROMOTION",
    "PURCHASE",
    "REDEEM_CODE",
    "REFERRAL_BONUS",
    "REFUND",
    "REWARD",
    "SELL_BACK",
    "TRADE",
  ]).nullish(),
  origin: z.enum([
    "Epic",
    "GooglePlay",
    "IOS",
    "Nintendo",
    "Oculus",
    "Other",
    "Playstation",
    "Steam",
    "System",
    "Twitch",
    "Xbox",
  ]).nullish(),
  reason: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  expireAt: z.null("is not emulated").optional(),
});

/**
 * The item that credits of a currency are counted under in `State.grantCount`:
 * its grants are the credits, its quantity is the sum of their amounts.
 */
export function creditItemId(currencyCode: string): string {
  return `credit:${currencyCode}`;
}

/** Builds the wallet routes. */
export function walletRoutes(
  { namespace, currencies, ledger, now }: WalletOptions,
): readonly Route[] {
  const createdAt = iso(now());

  function credit(call: Call): Answer {
    const body = readJson(call, (input) => checkSchema(creditSchema, input));
    if (isAnswer(body)) return body;
    const { userId = "", currencyCode = "" } = call.params;
    const item = currencies.get(currencyCode);
    if (item === undefined) {
      return agsError(404, {
        errorCode: 36141,
        errorMessage:
          `Currency [${currencyCode}] does not exist in namespace [${namespace}]`,
        messageVariables: { currencyCode, namespace },
      });
    }
    const { amount, origin } = body.value;
    const result = ledger.grant(userId, { item, quantity: amount, terms: {} });
    return ok({
      ...(result.kind === "credit" && { id: result.walletId }),
      namespace,
      userId,
      currencyCode,
      currencySymbol: currencyCode,
      balance: ledger.balance(userId, currencyCode),
      balanceOrigin: origin ?? "System",
      status: "ACTIVE",
      createdAt,
      updatedAt: iso(now()),
    });
  }

  return [{
    method: "PUT",
    template:
      "/platform/admin/namespaces/{namespace}/users/{userId}/wallets/{currencyCode}/credit",
    permission: { resource: `${RESOURCE}:USER:{userId}:WALLET`, action: 4 },
    journalBody: true,
    handle: credit,
  }];
}

function creditItem(currencyCode: string): EmulatedItem {
  return {
    itemId: creditItemId(currencyCode),
    name: `Credit of ${currencyCode}`,
    itemType: "COINS",
    entitlementType: "CONSUMABLE",
    targetCurrencyCode: currencyCode,
  };
}
