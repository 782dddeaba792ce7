import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { InboxError } from "../../lib/core/inbox.ts";
import { entry, openDoor } from "./_door.ts";

function gzip(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(text));
}

const UUID =
  /^[0-9a-f]{8}-[0-9a-f]{4}-[48][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

Deno.test("An event is written down with its envelope, and answered as PutEvents does", async () => {
  await using door = await openDoor({
    now: () => Date.parse("2026-10-07T09:15:04.987Z"),
  });
  const response = await door.post(
    JSON.stringify({ entries: [entry("paging")] }),
  );
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  const { FailedEntryCount, Entries } = await response.json();
  assert.equal(FailedEntryCount, 0);
  assert.match(Entries[0].EventId, UUID);
  assert.deepEqual(door.events, [{
    version: "0",
    id: Entries[0].EventId,
    "detail-type": "prod",
    source: "clientevents",
    account: "000000000000",
    time: "2026-10-07T09:15:04Z",
    region: "local",
    resources: ["p1"],
    detail: { eventType: "paging", schemaVersion: 2, data: { page: 7 } },
  }]);
});

Deno.test("Of a batch, those that are all right are taken, and each is answered in its place", async () => {
  await using door = await openDoor();
  const answer = await door.send(
    entry("one"),
    { entry: '{"eventType":"shopping","data":{}}}' },
    { entry: "[1]" },
    { entry: '"text"' },
    { entry: '{"schemaVersion":1}' },
    { entry: '{"eventType":5}' },
    { entry: '{"eventType":"a\\u0000b"}' },
    {},
    null,
    entry("it's"),
  );
  assert.equal(answer.FailedEntryCount, 8);
  assert.deepEqual(answer.Entries.map(({ ErrorCode }) => ErrorCode), [
    undefined,
    "MalformedDetail",
    "MalformedDetail",
    "MalformedDetail",
    "InvalidArgument",
    "InvalidArgument",
    "InvalidArgument",
    "MalformedDetail",
    "MalformedDetail",
    undefined,
  ]);
  assert.deepEqual(door.events.map(({ detail }) => detail["eventType"]), [
    "one",
    "it's",
  ]);
});

Deno.test("An event that is no text, but an object, is taken with every digit", async () => {
  await using door = await openDoor();
  const detail =
    '{ "eventType" : "big", "n": 9223372036854775807, "f": 0.10000000000000000555, "s": "}]\\"", "e": 1e400 }';
  for (
    const body of [
      `{"entries":[{"entry":${detail}}]}`,
      `{"x":[{"entry":1}], "entries" : [ {"a":"{", "entry" : ${detail} , "z":[]} ] }`,
      `{"entries":[{"entry":1}],"entries":[{"entry":{},"entry":${detail}}]}`,
    ]
  ) {
    const response = await door.post(body);
    assert.equal((await response.json()).FailedEntryCount, 0, body);
    assert.ok(door.texts.at(-1)?.endsWith(`"detail":${detail}}`), body);
  }
});

Deno.test("Whatever an event is, what is written down is what was sent", async () => {
  await using door = await openDoor();
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ data: fc.jsonValue(), asText: fc.boolean() }),
        { minLength: 1, maxLength: 10 },
      ),
      fc.boolean(),
      async (sent, isSpaced) => {
        const before = door.texts.length;
        const events = sent.map(({ data }) => ({ eventType: "any", data }));
        const body = JSON.stringify(
          {
            entries: events.map((event, index) => ({
              entry: sent[index]?.asText ? JSON.stringify(event) : event,
            })),
          },
          null,
          isSpaced ? 2 : 0,
        );
        const response = await door.post(body);
        assert.equal((await response.json()).FailedEntryCount, 0);
        assert.deepEqual(
          door.events.slice(before).map(({ detail }) => detail),
          events.map((event) => JSON.parse(JSON.stringify(event))),
        );
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("A repeat of an event with an id of its own gets the same EventId, and is written down once", async () => {
  await using door = await openDoor();
  const event = { ...entry("buy"), eventId: "order-1" };
  const [first, second] = await Promise.all([
    door.send(event),
    door.send(event),
  ]);
  const third = await door.send(entry("buy"), event, event);
  const ids = new Set(
    [first, second].map(({ Entries }) => Entries[0]?.EventId)
      .concat(third.Entries.slice(1).map(({ EventId }) => EventId)),
  );
  assert.equal(ids.size, 1);
  assert.notEqual(third.Entries[0]?.EventId, first.Entries[0]?.EventId);
  assert.equal(door.texts.length, 2);
});

Deno.test("Two players may use the same id", async () => {
  let clientId = "p1";
  await using door = await openDoor({ authorize: () => ({ clientId }) });
  const event = { ...entry("buy"), eventId: "1" };
  const { Entries: [one] } = await door.send(event);
  clientId = "p2";
  const { Entries: [other] } = await door.send(event);
  assert.notEqual(one?.EventId, other?.EventId);
  assert.equal(door.texts.length, 2);
});

Deno.test("An id that is none is refused", async () => {
  await using door = await openDoor();
  const answer = await door.send(
    { ...entry("a"), eventId: "" },
    { ...entry("b"), eventId: 5 },
    { ...entry("c"), eventId: "x".repeat(257) },
    { ...entry("d"), eventId: "\ud800" },
  );
  assert.equal(answer.FailedEntryCount, 4);
});

Deno.test("What could not be written down is answered 503, and its id may be sent again", async () => {
  let isFull = true;
  let count = 0;
  await using door = await openDoor({
    append() {
      if (isFull) throw new InboxError("Inbox is full", { reason: "full" });
      count++;
      return Promise.resolve();
    },
  });
  const body = JSON.stringify({
    entries: [{ ...entry("buy"), eventId: "order-1" }],
  });
  const refused = await door.post(body);
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "2");
  await refused.body?.cancel();
  isFull = false;
  assert.equal((await (await door.post(body)).json()).FailedEntryCount, 0);
  assert.equal(count, 1);
});

const REFUSED: readonly (readonly [
  string,
  number,
  BodyInit,
  Readonly<Record<string, string>>?,
])[] = [
  ["is not JSON", 400, "{"],
  ["is empty", 400, ""],
  ["is a list", 400, "[]"],
  ["is null", 400, "null"],
  ["has no entries", 400, "{}"],
  ["has entries that are none", 400, '{"entries":[]}'],
  ["has entries that are no list", 400, '{"entries":{"0":{}}}'],
  [
    "has eleven entries",
    400,
    JSON.stringify({ entries: Array(11).fill(entry("a")) }),
  ],
  [
    "nests deep",
    400,
    `{"entries":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
  ],
  ["is no UTF-8", 400, new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])],
  ["is of another type", 415, "{}", { "content-type": "text/plain" }],
  ["is in another charset", 415, "{}", {
    "content-type": "application/json; charset=latin1",
  }],
  ["is compressed with something else", 415, "{}", {
    "content-encoding": "br",
  }],
  ["says gzip and is not", 400, "{}", { "content-encoding": "gzip" }],
  ["is too large", 413, " ".repeat(2_100_000)],
  ["inflates to too much", 413, gzip(" ".repeat(2_100_000)), {
    "content-encoding": "gzip",
  }],
  [
    "has events that are too large",
    413,
    JSON.stringify({ entries: [entry("a", "x".repeat(1_000_001))] }),
  ],
];

for (const [what, status, body, headers] of REFUSED) {
  Deno.test(`A body that ${what} is answered ${status}, and nothing is written down`, async () => {
    await using door = await openDoor();
    const response = await door.post(body, headers);
    assert.equal(response.status, status);
    assert.equal(
      response.headers.get("content-type"),
      "application/problem+json",
    );
    await response.body?.cancel();
    assert.equal(door.texts.length, 0);
  });
}

Deno.test("A body compressed with gzip is read", async () => {
  await using door = await openDoor();
  const body = gzip(JSON.stringify({ entries: [entry("a")] }));
  const response = await door.post(body, { "content-encoding": "gzip" });
  assert.equal((await response.json()).FailedEntryCount, 0);
  assert.equal(door.texts.length, 1);
});

Deno.test("A body without a content type counts as JSON", async () => {
  await using door = await openDoor();
  const response = await fetch(`${door.url}/event`, {
    method: "POST",
    body: new TextEncoder().encode(JSON.stringify({ entries: [entry("a")] })),
  });
  assert.equal((await response.json()).FailedEntryCount, 0);
});

Deno.test("A body that would take all memory once it is parsed is refused, and the memory is there for the next", async () => {
  await using door = await openDoor({ memoryBytes: 1_048_576 });
  const dear = `{"entries":[{"entry":{"eventType":"a","d":[${
    Array(50_000).fill("[]").join()
  }]}}]}`;
  for (let time = 0; time < 3; time++) {
    const response = await door.post(dear);
    assert.equal(response.status, 400);
    await response.body?.cancel();
  }
  const inText = await door.send({
    entry: `{"eventType":"a","d":[${Array(50_000).fill("[]").join()}]}`,
  });
  assert.equal(inText.Entries[0]?.ErrorCode, "MalformedDetail");
  assert.equal((await door.send(entry("a"))).FailedEntryCount, 0);
});

Deno.test("A player who sends more than allowed is answered 429 with when to come again; others are not", async () => {
  let clientId = "p1";
  await using door = await openDoor({
    authorize: () => ({ clientId }),
    ratePerSecond: 0.001,
    burst: 10,
  });
  const batch = JSON.stringify({ entries: Array(10).fill(entry("a")) });
  assert.equal(
    (await door.send(...Array(10).fill(entry("a")))).FailedEntryCount,
    0,
  );
  const refused = await door.post(batch);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get("retry-after")) >= 1);
  await refused.body?.cancel();
  assert.equal(door.texts.length, 10);
  clientId = "p2";
  assert.equal((await door.send(entry("a"))).FailedEntryCount, 0);
});

Deno.test("Scripts of allowed web sites read every answer", async () => {
  await using door = await openDoor({
    http: { httpCorsOrigins: ["https://game.example"] },
  });
  const headers = { origin: "https://game.example" };
  for (const body of ["{", JSON.stringify({ entries: [entry("a")] })]) {
    const response = await door.post(body, headers);
    assert.equal(
      response.headers.get("access-control-allow-origin"),
      "https://game.example",
    );
    await response.body?.cancel();
  }
});

const TELEMETRY = "game-telemetry/v1/protected/events";

Deno.test("Game Telemetry's events are written down, named and with their payload's digits", async () => {
  await using door = await openDoor();
  const response = await fetch(`${door.url}/${TELEMETRY}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body:
      '[{"EventNamespace":"game","EventName":"level-up","Payload":{"xp":9223372036854775807},' +
      '"EventId":"e1","EventTimestamp":"2026-10-07T09:15:04Z"},{"EventNamespace":"game","EventName":"x","Payload":{}}]',
  });
  assert.equal(response.status, 204);
  assert.match(
    door.texts[0] ?? "",
    /"detail":\{"eventType":"level-up","schemaVersion":1,"eventNamespace":"game","eventTimestamp":"2026-10-07T09:15:04Z","data":\{"xp":9223372036854775807\}\}\}$/,
  );
  assert.equal(door.texts.length, 2);
});

for (
  const [what, body] of Object.entries({
    "no list": "{}",
    "nothing": "[]",
    "no events": "[1]",
    "a name with a slash":
      '[{"EventNamespace":"g","EventName":"fine","Payload":{}},{"EventNamespace":"g","EventName":"a/b","Payload":{}}]',
    "no payload": '[{"EventNamespace":"g","EventName":"a"}]',
    "a payload that is no object":
      '[{"EventNamespace":"g","EventName":"a","Payload":"x"}]',
    "an id that is none":
      '[{"EventNamespace":"g","EventName":"a","Payload":{},"EventId":7}]',
  })
) {
  Deno.test(`A telemetry call with ${what} is answered 422, and none of it is written down`, async () => {
    await using door = await openDoor();
    const response = await fetch(`${door.url}/${TELEMETRY}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    assert.equal(response.status, 422);
    await response.body?.cancel();
    assert.equal(door.texts.length, 0);
  });
}
