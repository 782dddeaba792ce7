/**
 * AWS's own JavaScript client of EventBridge, and requests that it would not send.
 */

import assert from "node:assert/strict";
import {
  EventBridgeClient,
  PutEventsCommand,
} from "@aws-sdk/client-eventbridge";
import { createAcceptor } from "../../lib/capture/acceptor.ts";
import { putEventsRoute } from "../../lib/capture/put_events_route.ts";
import { Secret } from "../../lib/config/secret.ts";
import { createMemoryBudget } from "../../lib/core/memory_budget.ts";
import { type Door, openDoor } from "./_door.ts";

const KEY = { accessKeyId: "STUDIO", secretAccessKey: "studio-secret" };

function open(now?: () => number): Promise<Door> {
  return openDoor({
    http: { basePath: "/app" },
    routes: ({ append }) => [
      putEventsRoute({
        key: {
          accessKeyId: KEY.accessKeyId,
          secretAccessKey: new Secret(KEY.secretAccessKey),
        },
        acceptor: createAcceptor({
          append,
          observer: { accepted() {}, repeated() {}, refused() {} },
        }),
        memory: createMemoryBudget(32 * 1024 * 1024),
        maxEntries: 10,
        maxBytes: 1_000_000,
        envelope: { account: "000000000000", region: "local" },
        basePath: "/app",
        ...(now && { now }),
      }),
    ],
  });
}

function clientOf(door: Door, key = KEY, region = "eu-west-1") {
  return new EventBridgeClient({
    endpoint: `${door.url}/app`,
    region,
    credentials: key,
    maxAttempts: 1,
  });
}

const EVENT = {
  Source: "shop",
  DetailType: "Order",
  Detail: '{"eventType":"order","schemaVersion":1,"n":9223372036854775807}',
  Resources: ["player-1"],
  Time: new Date("2026-10-07T09:15:04.987Z"),
};

Deno.test("AWS's client puts events, and learns of each that was not taken", async () => {
  await using door = await open();
  using client = disposable(clientOf(door));
  const answer = await client.send(
    new PutEventsCommand({
      Entries: [
        EVENT,
        { ...EVENT, Detail: "{" },
        { ...EVENT, Source: "aws.ec2" },
        { Source: "shop", DetailType: "Order" },
      ],
    }),
  );
  assert.equal(answer.FailedEntryCount, 3);
  assert.deepEqual(answer.Entries?.map(({ ErrorCode }) => ErrorCode), [
    undefined,
    "MalformedDetail",
    "NotAuthorizedForSourceException",
    "InvalidArgument",
  ]);
  const [event] = door.events;
  assert.equal(event?.id, answer.Entries?.[0]?.EventId);
  assert.equal(event?.source, "shop");
  assert.equal(event?.["detail-type"], "Order");
  assert.equal(event?.time, "2026-10-07T09:15:04Z");
  assert.deepEqual(event?.resources, ["player-1"]);
  assert.match(door.texts[0] ?? "", /9223372036854775807/);
});

Deno.test("Another key, and a wrong one, are refused", async () => {
  await using door = await open();
  for (
    const key of [
      { ...KEY, secretAccessKey: "wrong" },
      { ...KEY, accessKeyId: "OTHER" },
    ]
  ) {
    using client = disposable(clientOf(door, key));
    await assert.rejects(
      client.send(new PutEventsCommand({ Entries: [EVENT] })),
      { name: "InvalidSignatureException" },
    );
  }
  assert.equal(door.texts.length, 0);
});

Deno.test("An old request is refused", async () => {
  await using door = await open(() => Date.now() + 6 * 60_000);
  using client = disposable(clientOf(door));
  await assert.rejects(
    client.send(new PutEventsCommand({ Entries: [EVENT] })),
    { name: "InvalidSignatureException" },
  );
});

Deno.test("A signature holds for its body, and for its headers, and no others", async () => {
  await using door = await open();
  using client = disposable(clientOf(door));
  let sent: { headers: Record<string, string>; body: string } | undefined;
  client.middlewareStack.add((next) => (args) => {
    const request = args.request as typeof sent & { headers: object };
    sent = {
      headers: { ...request.headers },
      body: new TextDecoder().decode(
        request.body as unknown as Uint8Array<ArrayBuffer>,
      ) || String(request.body),
    };
    return next(args);
  }, { step: "finalizeRequest", priority: "low" });
  await client.send(new PutEventsCommand({ Entries: [EVENT] }));
  assert.ok(sent !== undefined);
  const { host: _host, "content-length": _length, ...headers } = sent.headers;
  const post = (body: string, more: Record<string, string> = {}) =>
    fetch(`${door.url}/app/`, {
      method: "POST",
      headers: { ...headers, ...more },
      body,
    });
  const changes: readonly Promise<Response>[] = [
    post('{"Entries":[]}'),
    post('{"Entries":[]}', { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }),
    post(sent.body, { "x-amz-date": "20200101T000000Z" }),
    post(sent.body, {
      authorization: String(headers["authorization"]).replace(
        /SignedHeaders=[^,]+/,
        "SignedHeaders=x-amz-date",
      ),
    }),
    post(sent.body, { authorization: "AWS4-HMAC-SHA256 x" }),
  ];
  for (const change of changes) {
    const response = await change;
    assert.equal(response.status, 403);
    await response.body?.cancel();
  }
  assert.equal(door.texts.length, 1);
});

Deno.test("Too many entries, and other operations, are refused as AWS does", async () => {
  await using door = await open();
  using client = disposable(clientOf(door));
  await assert.rejects(
    client.send(new PutEventsCommand({ Entries: Array(11).fill(EVENT) })),
    { name: "ValidationException" },
  );
  const response = await fetch(`${door.url}/app/`, {
    method: "POST",
    headers: { "x-amz-target": "AWSEvents.ListRules" },
  });
  assert.equal(response.status, 404);
  await response.body?.cancel();
});

/** A client that is destroyed at the end of its block. */
function disposable(
  client: EventBridgeClient,
): EventBridgeClient & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.destroy() });
}
