import assert from "node:assert/strict";
import { join } from "node:path";
import { handlerFileName, importName } from "../../../dev/new/handler_names.ts";
import { readCatalog } from "../../../lib/events/catalog.ts";
import { ROOT } from "../_run.ts";

const { types } = readCatalog(join(ROOT, "proto"));
const CHANNELS = [...new Set(types.map((type) => `${type.split(".")[0]}.*`))];

const NAMES: readonly (readonly [type: string, name: string])[] = [
  ["userAuthentication.userLoggedIn", "user_logged_in"],
  ["userAuthentication.*", "user_authentication_events"],
  ["mpv2SessionHistory.MatchFoundEvent", "match_found_event"],
  ["mpv2SessionHistory.MatchHistoryEvent", "match_history_event"],
  [
    "mpv2SessionHistory.MatchHistoryEvent@matchmaking_v2",
    "match_history_event_matchmaking_v2",
  ],
  [
    "deletion_account_gdpr.gdprRequestDataDeletionResponse",
    "gdpr_request_data_deletion_response",
  ],
  [
    "incomingFriendRequests.friendRequestAccepted",
    "incoming_friend_requests_friend_request_accepted",
  ],
];

for (const [type, name] of NAMES) {
  Deno.test(`handlerFileName() calls the handler of ${type} ${name}`, () => {
    assert.equal(handlerFileName(type, types), name);
  });
}

Deno.test("handlerFileName() gives each event and channel a file of its own", () => {
  const all = [...types, ...CHANNELS];
  const names = all.map((type) => handlerFileName(type, types));
  assert.equal(new Set(names).size, all.length);
  for (const name of names) assert.match(name, /^[a-z\d]+(_[a-z\d]+)*$/);
});

Deno.test("importName() is a free name, whatever the file is called", () => {
  const names = [...types, ...CHANNELS].map((type) =>
    importName(handlerFileName(type, types), "")
  );
  for (const name of names) assert.match(name, /^[a-z][A-Za-z\d]*$/);
  assert.equal(importName("user_logged_in", ""), "userLoggedIn");
  assert.equal(importName("delete", ""), "onDeleteHandler");
  assert.equal(importName("2fa_enabled", ""), "on2FaEnabledHandler");
  assert.equal(
    importName("handlers", "export const handlers = [];"),
    "onHandlersHandler",
  );
  const list =
    '// moved: a word\nimport item from "./item_moved.ts"; /* moved */';
  assert.equal(importName("moved", list), "moved");
  assert.equal(importName("item", list), "onItemHandler");
});
