/**
 * AGS Platform: players' wallets.
 *
 * @module
 */

import { z } from "zod";
import type { Ags } from "../core/context.ts";
import { TerminalError } from "../core/errors.ts";
import { readAnswer } from "./_answer.ts";

/** Why coins are credited, as AGS's wallets have it. */
export type CreditSource =
  | "PURCHASE"
  | "IAP"
  | "PROMOTION"
  | "ACHIEVEMENT"
  | "REFERRAL_BONUS"
  | "REDEEM_CODE"
  | "REWARD"
  | "GIFT"
  | "REFUND"
  | "OTHER";

/** What to credit, and to whom. */
export interface CreditWalletRequest {
  /** The player. */
  readonly userId: string;
  /** Which coins; AGS opens a wallet for them if the player has none. */
  readonly currencyCode: string;
  /**
   * How much: a whole number, 1 or more, and at most `Number.MAX_SAFE_INTEGER`,
   * beyond which JavaScript would send another number than the one meant.
   */
  readonly amount: number;
  /** Why. @default {"REWARD"} */
  readonly source?: CreditSource;
  /** Why, in words. Kept with the transaction. */
  readonly reason?: string;
  /** Kept with the transaction. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A wallet after a credit. */
export interface Wallet {
  /** The wallet's id. */
  readonly id: string;
  /** Which coins. */
  readonly currencyCode: string;
  /** How many there are now. */
  readonly balance: number;
}

const CREDIT =
  "/platform/admin/namespaces/{namespace}/users/{userId}/wallets/{currencyCode}/credit";

const WalletInfo = z.object({
  id: z.string(),
  currencyCode: z.string(),
  balance: z.number(),
});

/**
 * Credits coins to a player's wallet.
 *
 * AGS has no idempotency key here: each call that AGS accepts credits again. After
 * an answer that got lost the call fails instead of asking again; the event comes
 * again, and its handler then does. Where that must not be, sell the
 * coins as a COINS item and grant it with `fulfillItems` (fulfillment v3).
 *
 * Permission: `ADMIN:NAMESPACE:{namespace}:USER:{userId}:WALLET [UPDATE]`.
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { creditWallet } from "./wallet.ts";
 *
 * export async function bonus(ags: Ags, userId: string): Promise<void> {
 *   await creditWallet(ags, { userId, currencyCode: "GOLD", amount: 50 });
 * }
 * ```
 *
 * @param ags AGS's REST API: `ctx.ags`.
 * @param request What to credit, and to whom.
 * @returns The wallet, with its new balance.
 * @throws {AgsError} Not credited, or credited with an answer that is no wallet.
 * Not retryable: a closed wallet (400/35123), a currency that does not exist.
 * @throws {TerminalError} `userId` or `currencyCode` is empty, or `amount` is no
 * whole number from 1; nothing is asked.
 */
export async function creditWallet(
  ags: Ags,
  request: CreditWalletRequest,
): Promise<Wallet> {
  const { userId, currencyCode, amount, source = "REWARD" } = request;
  const { reason, metadata } = request;
  if (!Number.isSafeInteger(amount) || amount < 1) {
    throw new TerminalError(
      `Amount to credit is ${amount}: expected a whole number, 1 or more`,
    );
  }
  const answer = await ags.request("PUT", CREDIT, {
    idempotent: false,
    params: { userId, currencyCode },
    body: {
      amount,
      source,
      ...(reason !== undefined && { reason }),
      ...(metadata && { metadata }),
    },
  });
  return readAnswer(WalletInfo, answer, {
    request: `PUT ${CREDIT}`,
    expected: "a wallet",
  });
}
