/**
 * The same calls with Microsoft's client and with ours, side by side.
 *
 * @module
 */

import assert from "node:assert/strict";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import {
  createWebPubSubClient,
  type HubService,
} from "event-handler/web-pubsub";
import { decode, type Recorded, startRecorder } from "./_recorder.ts";

const KEY = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const HUB = "Chat_1";
const bytes = Uint8Array.of(0, 1, 255);
const excluded = ["a", "b c&d"];
const filter = "userId eq 'x' or 'y' in groups";

/** What each client is asked to do. */
type Same = readonly [
  name: string,
  theirs: (client: WebPubSubServiceClient) => Promise<unknown>,
  ours: (hub: HubService) => Promise<unknown>,
];

const text = { contentType: "text/plain" } as const;

const CALLS: readonly Same[] = [
  [
    "send JSON to all",
    (client) => client.sendToAll({ a: "é" }),
    (hub) => hub.sendToAll({ a: "é" }),
  ],
  [
    "send text to all",
    (client) => client.sendToAll("hé", text),
    (hub) => hub.sendToAll("hé"),
  ],
  [
    "send a string as JSON",
    (client) => client.sendToAll("hé"),
    (hub) => hub.sendToAll("hé", { dataType: "json" }),
  ],
  [
    "send bytes to some",
    (client) =>
      client.sendToAll(bytes, {
        excludedConnections: excluded,
        filter,
        messageTtlSeconds: 5,
      }),
    (hub) => hub.sendToAll(bytes, { excluded, filter, messageTtlSeconds: 5 }),
  ],
  [
    "send to a group",
    (client) =>
      client.group("g/1 ü").sendToAll({}, {
        excludedConnections: ["a"],
        filter,
      }),
    (hub) => hub.sendToGroup("g/1 ü", {}, { excluded: ["a"], filter }),
  ],
  [
    "send to a user",
    (client) => client.sendToUser("u?1#%", "x", { ...text, filter }),
    (hub) => hub.sendToUser("u?1#%", "x", { filter }),
  ],
  [
    "send to a connection",
    (client) => client.sendToConnection("c/../1", [1]),
    (hub) => hub.sendToConnection("c/../1", [1]),
  ],
  [
    "add a connection to a group",
    (client) => client.group("g").addConnection("c"),
    (hub) => hub.addToGroup("g", { connectionId: "c" }),
  ],
  [
    "add a user to a group",
    (client) => client.group("g").addUser("u"),
    (hub) => hub.addToGroup("g", { userId: "u" }),
  ],
  [
    "remove a connection from a group",
    (client) => client.group("g").removeConnection("c"),
    (hub) => hub.removeFromGroup("g", { connectionId: "c" }),
  ],
  [
    "remove a user from a group",
    (client) => client.group("g").removeUser("u"),
    (hub) => hub.removeFromGroup("g", { userId: "u" }),
  ],
  [
    "remove a user from all groups",
    (client) => client.removeUserFromAllGroups("u"),
    (hub) => hub.removeFromAllGroups({ userId: "u" }),
  ],
  [
    "remove a connection from all groups",
    (client) => client.removeConnectionFromAllGroups("c"),
    (hub) => hub.removeFromAllGroups({ connectionId: "c" }),
  ],
  [
    "add what a filter finds to groups",
    (client) => client.addConnectionsToGroups(["g", "h"], filter),
    (hub) => hub.addConnectionsToGroups(["g", "h"], filter),
  ],
  [
    "remove what a filter finds from groups",
    (client) => client.removeConnectionsFromGroups(["g", "h"], filter),
    (hub) => hub.removeConnectionsFromGroups(["g", "h"], filter),
  ],
  [
    "close a connection",
    (client) => client.closeConnection("c", { reason: "é & so" }),
    (hub) => hub.close("c", "é & so"),
  ],
  [
    "close a connection without a reason",
    (client) => client.closeConnection("c"),
    (hub) => hub.close("c"),
  ],
  [
    "close all",
    // Its type forgets what its code sends.
    (client) => client.closeAllConnections({ reason: "r", excluded } as object),
    (hub) => hub.closeAll({ reason: "r", excluded }),
  ],
  [
    "close a group",
    (client) => client.group("g").closeAllConnections({ reason: "r" }),
    (hub) => hub.closeGroup("g", { reason: "r" }),
  ],
  [
    "close a user",
    (client) => client.closeUserConnections("u", { reason: "r" }),
    (hub) => hub.closeUser("u", { reason: "r" }),
  ],
  [
    "look for a connection",
    (client) => client.connectionExists("c"),
    (hub) => hub.exists({ connectionId: "c" }),
  ],
  [
    "look for a group",
    (client) => client.groupExists("g"),
    (hub) => hub.exists({ group: "g" }),
  ],
  [
    "look for a user",
    (client) => client.userExists("u"),
    (hub) => hub.exists({ userId: "u" }),
  ],
  [
    "grant a permission",
    (client) =>
      client.grantPermission("c", "joinLeaveGroup", { targetName: "g" }),
    (hub) => hub.grantPermission("c", "joinLeaveGroup", "g"),
  ],
  [
    "grant a permission for all groups",
    (client) => client.grantPermission("c", "sendToGroup"),
    (hub) => hub.grantPermission("c", "sendToGroup"),
  ],
  [
    "revoke a permission",
    (client) =>
      client.revokePermission("c", "sendToGroup", { targetName: "g" }),
    (hub) => hub.revokePermission("c", "sendToGroup", "g"),
  ],
  [
    "look for a permission",
    (client) => client.hasPermission("c", "sendToGroup", { targetName: "g" }),
    (hub) => hub.hasPermission("c", "sendToGroup", "g"),
  ],
];

/** Bytes and JSON bodies compare by what they say; HEAD has nothing to accept. */
function comparable({ token: _, ...request }: Recorded): unknown {
  const isHead = request.method === "HEAD";
  return {
    ...request,
    accept: isHead ? null : request.accept,
    body: request.contentType === "application/json"
      ? JSON.parse(request.body)
      : request.body,
    metadata: {},
  };
}

Deno.test("Our client asks as Microsoft's does", async (t) => {
  await using recorder = startRecorder();
  const connectionString =
    `Endpoint=${recorder.url};AccessKey=${KEY};Version=1.0;`;
  const theirs = new WebPubSubServiceClient(connectionString, HUB, {
    allowInsecureConnection: true,
  });
  const ours = createWebPubSubClient({ connectionString }).hub(HUB);
  for (const [name, askTheirs, askOurs] of CALLS) {
    await t.step(name, async () => {
      recorder.requests.length = 0;
      const answers = [await askTheirs(theirs), await askOurs(ours)];
      const [wanted, found, ...more] = recorder.requests.map(comparable);
      assert.deepEqual(found, wanted);
      assert.deepEqual(more, []);
      if (typeof answers[0] === "boolean") assert.equal(answers[1], answers[0]);
    });
  }
});

Deno.test("Our client finds what Microsoft's does not find", async () => {
  await using recorder = startRecorder();
  const connectionString = `Endpoint=${recorder.url};AccessKey=${KEY}`;
  const theirs = new WebPubSubServiceClient(connectionString, HUB, {
    allowInsecureConnection: true,
  });
  const ours = createWebPubSubClient({ connectionString }).hub(HUB);
  const notFound = () => new Response(null, { status: 404 });
  recorder.answers.push(notFound, notFound);
  assert.equal(await theirs.userExists("u"), false);
  assert.equal(await ours.exists({ userId: "u" }), false);
});

Deno.test("Our client makes the tokens for clients that Microsoft's makes", async () => {
  const connectionString = `Endpoint=https://a.test;AccessKey=${KEY}`;
  const theirs = new WebPubSubServiceClient(connectionString, HUB);
  const ours = createWebPubSubClient({ connectionString }).hub(HUB);
  const roles = ["webpubsub.sendToGroup"];
  const groups = ["g"];
  for (
    const [their, our] of [
      [{}, {}],
      [{ userId: "ü", roles, groups }, { userId: "ü", roles, groups }],
      [{ expirationTimeInMinutes: 5 }, { expiresIn: 300_000 }],
      [{ clientProtocol: "mqtt" }, { protocol: "mqtt" }],
    ] as const
  ) {
    const wanted = new URL((await theirs.getClientAccessToken(their)).url);
    const found = new URL(await ours.clientUrl(our));
    const read = (url: URL) => {
      const parts = url.searchParams.get("access_token")?.split(".") ?? [];
      const { iat, exp, ...claims } = decode(parts[1] ?? "");
      return {
        url: url.origin + url.pathname,
        header: decode(parts[0] ?? ""),
        claims,
        lifetime: Number(exp) - Number(iat),
      };
    };
    assert.deepEqual(read(found), read(wanted));
  }
});
