/**
 * The test kit for handlers: the app as in production, with an emulated AGS and
 * recorders in place of the outside world.
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { on } from "event-handler";
 * import { creditWallet } from "event-handler/ags";
 * import { startTestApp } from "event-handler/testing";
 *
 * const bonus = on("userAuthentication.userLoggedIn", async (event, ctx) => {
 *   const { userId } = event.data;
 *   await creditWallet(ctx.ags, { userId, currencyCode: "GOLD", amount: 50 });
 * });
 *
 * await using app = await startTestApp({ handlers: [bonus] });
 * app.ags.fail({ kind: "error", status: 503, times: 1 });
 * const set = { userId: "u1", id: "event-1" };
 * const first = await app.deliver("userAuthentication.userLoggedIn", { set });
 * assert.equal(first.outcome, "failed");
 * const second = await app.deliver("userAuthentication.userLoggedIn", { set });
 * assert.equal(second.outcome, "handled");
 * const emulator = await app.ags.emulator();
 * assert.equal(emulator.state.balance("u1", "GOLD"), 50);
 * ```
 *
 * @module
 */

export {
  type DeliverOptions,
  startTestApp,
  type TestApp,
  type TestAppOptions,
} from "./app.ts";
export type { AskedRequest, TestAgs } from "./ags.ts";
export type { LogLine, PublishedEvent } from "./recorders.ts";
export {
  COINS_ITEM_ID,
  CONSUMABLE_ITEM_ID,
  DURABLE_ITEM_ID,
  type EmulatedTicket,
  type Emulator,
  type Faults,
  type FaultStatus,
  type Game,
  type GrantCount,
  type Journal,
  type JournalCounters,
  type JournalGrant,
  type JournalRequest,
  type State,
  type Tickets,
  ZENDESK_EMAIL,
  ZENDESK_TOKEN,
} from "../../dev/emulator/mod.ts";
export type * from "../../dev/emulator/fault_schema.ts";
export type { Achievements } from "../../dev/emulator/achievement.ts";
export type { Challenges } from "../../dev/emulator/challenge.ts";
export type { CloudSave } from "../../dev/emulator/cloudsave.ts";
export type { Meta } from "../../dev/emulator/record_body.ts";
export type {
  RecordValue,
  StoredRecord,
} from "../../dev/emulator/record_store.ts";
export type { Lobby, SentNotification } from "../../dev/emulator/lobby.ts";
export type { SeasonPass } from "../../dev/emulator/season_pass.ts";
export type { Statistics } from "../../dev/emulator/statistics.ts";
export type { Seed } from "../../dev/emulator/seed.ts";
export type {
  EmulatedAchievement,
  EmulatedLeaderboard,
  EmulatedPlayer,
  EmulatedSeason,
  EmulatedStat,
  GameOptions,
} from "../../dev/emulator/game_catalog.ts";
export type {
  EmulatedItem,
  EmulatedItemType,
} from "../../dev/emulator/catalog.ts";
export {
  type PathNames,
  type Stub,
  stub,
  StubAnswer,
  type StubCall,
} from "../../dev/emulator/stub.ts";
export type { Digest } from "../core/event_id.ts";
export type { Event, EventType } from "../core/event.ts";
export type { Arrival } from "../core/tracing.ts";
export type { Message } from "../grpc/publisher.ts";
export type { DeadLetter } from "../core/dead_letter.ts";
export type { Outcome, Reason, Result } from "../core/outcome.ts";
export type { Environment } from "../config/parse.ts";
