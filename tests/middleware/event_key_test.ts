import assert from "node:assert/strict";
import fc from "fast-check";
import { eventKey } from "../../lib/middleware/event_key.ts";

const type = "channel.event";

Deno.test("eventKey() keeps AGS's ids as they are", () => {
  const id = "0123456789abcdef0123456789abcdef";
  assert.equal(eventKey({ type, id }), `channel.event/${id}`);
});

Deno.test("eventKey() is short, whatever the id, and shows nothing of one that is no id", () => {
  for (
    const id of ["x".repeat(1_000_000), "a@b.example", "a b", "", "#", "ü"]
  ) {
    assert.match(eventKey({ type, id }), /^channel\.event\/#[0-9a-f]{64}$/);
  }
});

Deno.test("eventKey() is another for another event, even one whose id is a hash", () => {
  const hash = eventKey({ type, id: "a b" }).split("/")[1] ?? "";
  assert.notEqual(eventKey({ type, id: hash }), eventKey({ type, id: "a b" }));
  fc.assert(fc.property(fc.string(), fc.string(), (one, other) => {
    const isSame =
      eventKey({ type, id: one }) === eventKey({ type, id: other });
    assert.equal(isSame, one === other);
  }));
});
