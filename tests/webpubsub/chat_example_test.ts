/**
 * The chat with clients, by the Web PubSub emulator.
 */

import assert from "node:assert/strict";
import { freePort } from "../../dev/free_port.ts";
import { startWebPubSubEmulator } from "../../dev/webpubsub_emulator/mod.ts";
import { chat } from "../../handlers/examples/web_pubsub_chat.ts";
import { Secret } from "../../lib/config/secret.ts";
import { createWebPubSubClient } from "event-handler/web-pubsub";
import { startWebPubSub } from "./_service.ts";

/** A client that takes what comes, in order. */
async function connect(url: string) {
  const socket = new WebSocket(url);
  const messages: string[] = [];
  let onMessage = () => {};
  socket.onmessage = ({ data }) => {
    messages.push(String(data));
    onMessage();
  };
  const closed = new Promise<void>((resolve) => {
    socket.onclose = () => resolve();
  });
  const opened = await new Promise<boolean>((resolve) => {
    socket.onopen = () => resolve(true);
    socket.onerror = () => resolve(false);
  });
  return {
    opened,
    send: (text: string) => socket.send(text),
    async next(): Promise<string> {
      while (messages.length === 0) {
        await new Promise<void>((resolve) => onMessage = resolve);
      }
      return messages.shift()!;
    },
    async close() {
      socket.close();
      await closed;
    },
  };
}

Deno.test("the chat greets, counts and echoes, and keeps the banned out", async () => {
  const httpPort = freePort();
  await using emulator = await startWebPubSubEmulator({
    upstream: `http://127.0.0.1:${httpPort}/upstream`,
    retryDelays: [10, 10, 10],
  });
  const { connectionString } = emulator;
  await using app = await startWebPubSub(chat, {
    httpPort,
    webPubSubConnectionStrings: [new Secret(connectionString)],
  });
  const hub = createWebPubSubClient({ connectionString }).hub("chat");
  const client = await connect(await hub.clientUrl({ userId: "ann" }));
  assert.ok(client.opened);
  assert.equal(await client.next(), "Welcome, ann");
  client.send("hello");
  assert.equal(await client.next(), "1: hello");
  client.send("again");
  assert.equal(await client.next(), "2: again");
  await client.close();
  const banned = await connect(await hub.clientUrl({ userId: "banned" }));
  assert.equal(banned.opened, false);
  const refused = app.log.lines.find(({ fields }) =>
    fields.outcome === "rejected"
  );
  assert.equal(refused?.fields.reason, "refused");
  assert.deepEqual(await app.letters(), []);
});
