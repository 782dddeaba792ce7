import assert from "node:assert/strict";
import { searchEvents } from "../../../dev/events/search.ts";
import { EVENTS } from "./_all_events.ts";

function found(...words: readonly string[]): readonly string[] {
  return searchEvents(EVENTS, words).map(({ types }) => types[0]);
}

Deno.test("searchEvents() finds all events without words", () => {
  assert.equal(found().length, EVENTS.length);
});

Deno.test("searchEvents() wants every word, in any order and case", () => {
  assert.deepEqual(found("ACCEPTED", "friend"), [
    "friendRequests.friendRequestAccepted",
    "incomingFriendRequests.friendRequestAccepted",
  ]);
  assert.deepEqual(found("friend", "nothing"), []);
});

Deno.test("searchEvents() looks into services, messages and fields", () => {
  const login = "userAuthentication.userLoggedIn";
  assert.ok(found("UserAuthenticationUserLoggedInService").includes(login));
  assert.ok(found("iam.account.v1.UserLoggedIn").includes(login));
  assert.ok(found("simultaneousPlatformId").includes(login));
});

Deno.test("searchEvents() takes words for what is special of an event", () => {
  const sessions = found("session");
  assert.ok(sessions.includes("sessionEvent.OnSessionEnded"));
  const plain = "statManagement.statCreated";
  assert.ok(found("sessionId").includes(plain), "asked for by name");
  assert.ok(!sessions.includes(plain), "has a sessionId as nearly all have");
});

Deno.test("searchEvents() takes channel.* for the channel", () => {
  const group = found("group.*");
  assert.equal(group.length, 6);
  assert.ok(group.every((type) => type.startsWith("group.")));
  assert.deepEqual(found("Group.*", "deleted"), [
    "group.groupDeleted",
    "group.groupPredefinedRulesDeleted",
  ]);
});

Deno.test("searchEvents() finds events that share a key, by their qualified types", () => {
  assert.deepEqual(found("MatchHistoryEvent"), [
    "mpv2SessionHistory.MatchHistoryEvent@matchmaking_v2",
    "mpv2SessionHistory.MatchHistoryEvent@session",
  ]);
});

Deno.test("searchEvents() puts the events first that the words name", () => {
  const all = found("stat", "item");
  assert.deepEqual(all.slice(0, 4), [
    "statistic.statItemCreated",
    "statistic.statItemDeleted",
    "statistic.statItemUpdated",
    "statistic.globalStatItemUpdated",
  ]);
  assert.ok(
    all.includes("catalogManagement.itemCreated"),
    "has a stat's field",
  );
  assert.equal(
    found("user", "logged", "in")[0],
    "userAuthentication.userLoggedIn",
  );
  assert.equal(
    found("wallet", "credited")[0],
    "walletProcessing.walletCredited",
  );
});
