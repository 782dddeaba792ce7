/**
 * AccelByte Gaming Services for handlers: typed functions for the most common
 * calls. `ctx.ags.request()` calls any other API.
 *
 * ```ts
 * import { on } from "event-handler";
 * import { creditWallet } from "event-handler/ags";
 *
 * export default on("statistic.statItemUpdated", async (event, ctx) => {
 *   await creditWallet(ctx.ags, {
 *     userId: event.data.userId,
 *     currencyCode: "GOLD",
 *     amount: 50,
 *   });
 * });
 * ```
 *
 * @module
 */

export * from "./achievement.ts";
export * from "./challenge.ts";
export * from "./cloudsave.ts";
export * from "./cloudsave_player.ts";
export { AgsError, type AgsErrorOptions } from "./errors.ts";
export * from "./fulfillment_v3.ts";
export * from "./grant.ts";
export * from "./leaderboard.ts";
export * from "./lobby.ts";
export * from "./platform.ts";
export * from "./season_pass.ts";
export * from "./statistics.ts";
export * from "./wallet.ts";
export type { BackoffOptions } from "./backoff.ts";
export type { RecordUpdate } from "./_record_update.ts";
export type { RecordWrite } from "./_records.ts";
export {
  type OnFailures,
  PartialFailureError,
  type StatResult,
} from "./_stat_results.ts";
