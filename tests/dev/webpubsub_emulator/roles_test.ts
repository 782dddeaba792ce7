import assert from "node:assert/strict";
import { allows } from "../../../dev/webpubsub_emulator/roles.ts";

const may = (role: string, group: string) =>
  allows([role], "sendToGroup", group);

Deno.test("A role allows something with all groups, or with one", () => {
  assert.ok(may("webpubsub.sendToGroup", "any.group"));
  assert.ok(may("webpubsub.sendToGroup.g1", "g1"));
  for (
    const role of [
      "webpubsub.sendToGroup.g2",
      "webpubsub.sendToGroup.*",
      "webpubsub.sendToGroup.",
      "webpubsub.joinLeaveGroup",
      "webpubsub.sendToGroups",
      "sendToGroup",
      "",
    ]
  ) {
    assert.ok(!may(role, "g1"), role);
  }
  assert.ok(!allows([], "sendToGroup", "g1"));
});

Deno.test("A role with a pattern allows the groups that match", () => {
  for (
    const [pattern, yes, no] of [
      ["chat-*", ["chat-1", "chat-"], ["chat.1", "xchat-1"]],
      ["a.*", ["a.b", "a.1"], ["a.b.c", "b.a", "a"]],
      ["a.**", ["a.b", "a.b.c"], ["b.a"]],
      ["a.?1", ["a.x1"], ["a.1", "a..1", "a.xx1"]],
      ["literal\\*star", ["literal*star"], ["literalXstar"]],
      ["a\\?", ["a?"], ["ab"]],
      ["a+(b", ["a+(b"], ["aab"]],
      ["**", ["anything.at.all"], []],
      ["*a*b*c*d*e*", [], ["abcde"]],
    ] as const
  ) {
    const role = `webpubsub.sendToGroups.${pattern}`;
    for (const group of yes) assert.ok(may(role, group), `${pattern} ${group}`);
    for (const group of no) assert.ok(!may(role, group), `${pattern} ${group}`);
  }
});
