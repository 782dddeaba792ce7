import assert from "node:assert/strict";
import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
} from "../../dev/emulator/mod.ts";
import { startCapture } from "../capture/_service.ts";
import { run, tempFolder, tool } from "./_run.ts";

/** A service, and what the tools need to know of it. */
async function startGame() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const game = stack.use(await startCapture({ folder: folder.path }));
  const running = stack.move();
  return {
    game,
    cwd: folder.path,
    env: {
      AB_BASE_URL: game.ags.url,
      AB_CLIENT_ID: DEFAULT_CLIENT_ID,
      AB_CLIENT_SECRET: DEFAULT_CLIENT_SECRET,
      AB_NAMESPACE: game.ags.namespace,
      HTTP_PORT: new URL(game.url).port,
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

Deno.test("send clientEvents.<name> logs a player in, and sends an event as that player", async () => {
  await using started = await startGame();
  const { game, cwd, env } = started;
  const { code, stdout } = await run(
    tool("dev/send.ts", [
      "clientEvents.hello",
      "--set",
      "data.page=7",
    ]),
    { env, cwd },
  );
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^200 in [\d.]+ ms: EventId [0-9a-f-]{36}$/m);
  await game.service.drain();
  const [line = ""] = Object.values(await game.archived()).flat();
  const { resources, detail } = JSON.parse(line);
  assert.match(resources[0], /^[0-9a-f]{32}$/);
  assert.deepEqual(detail, {
    eventType: "hello",
    schemaVersion: 1,
    data: { sample: "value", page: 7 },
  });
});

Deno.test("generate sends as many events as it says, and counts those that are refused", async () => {
  await using started = await startGame();
  const { game, cwd, env } = started;
  const { code, stdout } = await run(
    tool("dev/generate.ts", [
      ...["--minutes", "0.02", "--batch", "10", "--players", "3"],
      ...["--rate", "200", "--loyalty", "--malformed"],
    ]),
    { env, cwd },
  );
  assert.equal(code, 0, stdout);
  const accepted = Number(/^(\d+) events accepted/m.exec(stdout)?.[1]);
  await game.service.drain();
  const lines = Object.values(await game.archived()).flat();
  assert.equal(lines.length, accepted);
  const players = new Set(lines.map((line) => JSON.parse(line).resources[0]));
  assert.equal(players.size, 3);
});

Deno.test("generate says what to do where nobody answers, and which options make no sense", async () => {
  await using folder = await tempFolder();
  const where = { env: {}, cwd: folder.path };
  const args = ["--url", "http://127.0.0.1:1/event", "--token", "a.b.c"];
  const nobody = await run(tool("dev/generate.ts", args), where);
  assert.equal(nobody.code, 2);
  assert.match(nobody.stderr, /Nothing answers at http:\/\/127\.0\.0\.1:1/);
  const eleven = await run(tool("dev/generate.ts", ["--batch", "11"]), where);
  assert.equal(eleven.code, 2);
  assert.match(eleven.stderr, /--batch is "11"/);
});
