import assert from "node:assert/strict";
import type { DeliveryNote } from "../../../dev/deliveries/delivery.ts";
import {
  createDeliveryLog,
  MAX_EVENTS,
  MAX_NOTES,
} from "../../../dev/deliveries/log.ts";
import { answerDev } from "../../../dev/deliveries/server.ts";
import { outcomeText } from "../../../dev/deliveries/text.ts";

function note(overrides: Partial<DeliveryNote> = {}): DeliveryNote {
  return {
    type: "a.b",
    id: "e1",
    handler: "h",
    source: "grpc",
    time: 1_000,
    milliseconds: 1,
    outcome: "handled",
    requests: [],
    published: [],
    ...overrides,
  };
}

Deno.test("a duplicate says when its event was handled, by the same handler", () => {
  const log = createDeliveryLog();
  log.add(note());
  log.add(note({ outcome: "duplicate", time: 4_200 }));
  log.add(
    note({
      outcome: "duplicate",
      handler: "other",
      why: "This id was handled before",
    }),
  );
  const texts = log.list({ since: 0 }).map((each) => outcomeText(each, 4_200));
  assert.deepEqual(texts, [
    "handled",
    "duplicate (handled 3 s ago)",
    "duplicate (this id was handled before)",
  ]);
});

Deno.test("the log keeps so many notes, and the data of fewer", () => {
  const log = createDeliveryLog();
  for (let index = 0; index < MAX_NOTES + 10; index++) {
    log.add(note({ id: `e${index}`, data: { index } }));
  }
  const kept = log.list({ since: 0 });
  assert.equal(kept.length, MAX_NOTES);
  assert.equal(
    kept.filter(({ data }) => data !== undefined).length,
    MAX_EVENTS,
  );
  assert.equal(kept.at(-1)?.data?.index, MAX_NOTES + 9);
});

function ask(
  log: ReturnType<typeof createDeliveryLog>,
  target: string,
  host = "localhost:8090",
) {
  return answerDev({ log, state: { state: "running" } }, { target, host });
}

Deno.test("whoever waits for a note is answered when it comes", async () => {
  const log = createDeliveryLog();
  const answer = ask(log, "/dev/deliveries?since=0&id=e2&wait=30000");
  log.add(note());
  log.add(note({ id: "e2" }));
  const { body } = await answer ?? {};
  assert.deepEqual(
    (body as { deliveries: { id: string }[] }).deliveries.map(({ id }) => id),
    ["e2"],
  );
});

Deno.test("what dev knows is told to this machine only, by one of its own names", async () => {
  const log = createDeliveryLog();
  for (const host of ["evil.example", "127.0.0.1.evil.example:8090", ""]) {
    assert.equal((await ask(log, "/dev/status", host))?.status, 403, host);
  }
  for (const host of ["localhost", "127.0.0.1:8090", "[::1]:1"]) {
    assert.equal((await ask(log, "/dev/status", host))?.status, 200, host);
  }
  assert.equal(await ask(log, "/emulator/journal"), undefined);
});
