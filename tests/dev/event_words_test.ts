import assert from "node:assert/strict";
import {
  camelCase,
  phraseOf,
  snakeCase,
  wordsOf,
} from "../../dev/event_words.ts";

const NAMES: readonly (readonly [
  name: string,
  words: string,
  phrase: string,
])[] = [
  ["userLoggedIn", "user logged in", "User logged in"],
  ["MatchFoundEvent", "match found event", "Match found"],
  [
    "googleP12FileUpdated",
    "google p12 file updated",
    "Google P12 file updated",
  ],
  ["ugcContentLiked", "ugc content liked", "UGC content liked"],
  [
    "GameSessionDSStatusChangedEvent",
    "game session ds status changed event",
    "Game session DS status changed",
  ],
  ["deletion_account_gdpr", "deletion account gdpr", "Deletion account GDPR"],
  ["sessionV2Ended", "session v2 ended", "Session V2 ended"],
  ["2faEnabled", "2 fa enabled", "2 fa enabled"],
  ["Event", "event", "Event"],
  ["a", "a", "A"],
  ["", "", ""],
];

for (const [name, words, phrase] of NAMES) {
  Deno.test(`phraseOf() says "${phrase}" for "${name}"`, () => {
    assert.equal(phraseOf(name), phrase);
    assert.deepEqual(
      wordsOf(name).map((word) => word.toLowerCase()),
      words === "" ? [] : words.split(" "),
    );
    assert.equal(snakeCase(name), words.replaceAll(" ", "_"));
  });
}

Deno.test("camelCase() makes a name of snake_case", () => {
  assert.equal(camelCase("game_session_ds_changed"), "gameSessionDsChanged");
  assert.equal(camelCase("user"), "user");
});
