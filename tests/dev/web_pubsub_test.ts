import assert from "node:assert/strict";
import { freePort } from "../../dev/free_port.ts";
import {
  freePorts,
  run,
  type Running,
  start,
  tempFolder,
  tool,
} from "./_run.ts";

async function startDev(cwd: string) {
  const env = {
    ...freePorts(),
    SOURCES: "grpc,webPubSub",
    HTTP_PORT: `${freePort()}`,
    WEBPUBSUB_EMULATOR_PORT: `${freePort()}`,
  };
  const dev: Running = start(tool("dev/main.ts", ["--no-check"]), { env, cwd });
  await dev.printed(/Service started/);
  const send = (...args: readonly string[]) =>
    run(tool("dev/send.ts", args), { env, cwd });
  return { env, dev, send };
}

Deno.test("deno task dev brings a Web PubSub, whose clients reach the service, and send reaches it, too", async () => {
  await using folder = await tempFolder();
  const { env, dev: running, send } = await startDev(folder.path);
  await using dev = running;
  await dev.printed(/Web PubSub +http:\/\/localhost:\d+\/upstream/);
  await dev.printed(/Clients +ws:\/\/127\.0\.0\.1:\d+\/client\/hubs\/<hub>/);
  // No handler takes it.
  const sent = await send("webPubSub.message", "--set", "content=Hi");
  assert.match(sent.stdout, /^204 No Content in [\d.]+ ms/, sent.stderr);
  const many = await send("webPubSub.user.order@game", "--repeat", "3");
  assert.equal(many.stdout, "3 × 204\n");
  for (const type of ["webPubSub.conect", "webPubSub.user.*"]) {
    const wrong = await send(type);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /does not exist: expected webPubSub\.message/);
  }
  const url = `ws://127.0.0.1:${env.WEBPUBSUB_EMULATOR_PORT}/client/hubs/chat`;
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  await dev.printed(/← chat\/\w+ connect #0 204/);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
});

Deno.test("deno task send says where nobody answers, and what signs events", async () => {
  await using folder = await tempFolder();
  const env = { ...freePorts(), HTTP_PORT: `${freePort()}` };
  const send = (more: Readonly<Record<string, string>>) =>
    run(tool("dev/send.ts", ["webPubSub.connect"]), {
      env: { ...env, ...more },
      cwd: folder.path,
    });
  const unsigned = await send({});
  assert.equal(unsigned.code, 2);
  assert.match(
    unsigned.stderr,
    /cannot be signed: expected SOURCES with webPub/,
  );
  const alone = await send({ SOURCES: "grpc,webPubSub" });
  assert.equal(alone.code, 2);
  assert.match(
    alone.stderr,
    /^Nobody answers at http:\/\/127\.0\.0\.1:\d+\/up/,
  );
});
