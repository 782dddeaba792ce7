import assert from "node:assert/strict";
import { reply, WebPubSubUpstream } from "event-handler/web-pubsub";
import { MESSAGE, post, RecordedLog } from "./_vectors.ts";

Deno.test("reply() sends metadata as headers", async () => {
  const upstream = new WebPubSubUpstream({
    validator: "none",
    log: new RecordedLog(),
    handleUserEvent: () => reply("x", { metadata: { lang: "en", n: "1" } }),
  });
  const { headers, status } = await upstream.handle(post(MESSAGE, "x"));
  assert.equal(status, 200);
  assert.equal(headers.get("x-webpubsub-metadata-lang"), "en");
  assert.equal(headers.get("x-webpubsub-metadata-n"), "1");
});

Deno.test("reply() refuses content that is not of the data type", () => {
  assert.throws(() => reply({}, { dataType: "text" }), TypeError);
  assert.throws(() => reply("x", { dataType: "binary" }), TypeError);
  assert.equal(reply("x", { dataType: "json" }).dataType, "json");
});

Deno.test("reply() refuses metadata that the service would not take", () => {
  const send = (name: string, value: string) => () =>
    reply("x", { metadata: { [name]: value } });
  for (
    const [name, value] of [["a b", "x"], ["é", "x"], ["a", "é"], [
      "a",
      "x\r\nb: c",
    ]]
  ) {
    assert.throws(send(name!, value!), TypeError, name);
  }
  assert.throws(send("n".repeat(257), "x"), RangeError);
  assert.throws(send("n", "x".repeat(1_025)), RangeError);
  const many = Object.fromEntries(
    Array.from({ length: 9 }, (_, index) => [`n${index}`, "x".repeat(1_000)]),
  );
  assert.throws(() => reply("x", { metadata: many }), RangeError);
  const userProperties = [{ name: "a\n", value: "x" }];
  assert.throws(() => reply("x", { userProperties }), TypeError);
});

Deno.test("A JSON answer that looks like a reply is sent as JSON", async () => {
  const content = { kind: "reply", content: "x", dataType: "text" };
  const upstream = new WebPubSubUpstream({
    validator: "none",
    log: new RecordedLog(),
    handleUserEvent: () => content,
  });
  const response = await upstream.handle(post(MESSAGE, "x"));
  assert.deepEqual(await response.json(), content);
});
