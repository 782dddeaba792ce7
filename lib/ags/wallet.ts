/**
 * AGS Platform: players' wallets.
 *
 * @module
 */

import { z } from "zod";
import type { Ags } from "../core/context.ts";
import { TerminalError } from "../core/errors.ts";
import { readAnswer } from "./_answer.ts";

/** The reason for a credit, in AGS's terms. */
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

/** The amount and the player. */
export interface CreditWalletRequest {
  /** The player. */
  readonly userId: string;
  /** The currency; AGS opens a wallet for it if the player has none. */
  readonly currencyCode: string;
  /**
   * The amount: a whole number from 1 to `Number.MAX_SAFE_INTEGER`, beyond
   * which JavaScript would send a different number.
   */
  readonly amount: number;
  /** The reason. @default {"REWARD"} */
  readonly source?: CreditSource;
  /** The reason in words. Stored with the transaction. */
  readonly reason?: string;
  /** Stored with the transaction. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A wallet after a credit. */
export interface Wallet {
  /** The wallet's id. */
  readonly id: string;
  /** The currency. */
  readonly currencyCode: string;
  /** The current balance. */
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
 * AGS has no idempotency key here: each accepted call credits again. If the
 * answer is lost, the call fails instead of retrying; the event is delivered
 * again, and its handler credits again. To avoid that, sell the coins as a
 * COINS item and grant it with `fulfillItems` (fulfillment v3).
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
 * @param request The amount and the player.
 * @returns The wallet, with its new balance.
 * @throws {AgsError} Not credited, or credited with an answer that is not a
 * wallet. Not retryable: a closed wallet (400/35123), a currency that does not
 * exist.
 * @throws {TerminalError} `userId` or `currencyCode` is empty, or `amount` is
 * not a whole number from 1; no request is sent.
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
