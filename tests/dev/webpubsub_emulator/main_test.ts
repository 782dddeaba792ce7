import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createWebPubSubClient } from "event-handler/web-pubsub";
import { run } from "../../_support/process.ts";
import { taskFlags } from "../../_support/task_flags.ts";
import { TestSocket } from "./_scene.ts";

const MAIN = fileURLToPath(
  new URL("../../../dev/webpubsub_emulator/main.ts", import.meta.url),
);
// As the task has it: what it may do is what it is told here.
const ARGS = ["run", ...taskFlags("emulator:web-pubsub"), MAIN];

Deno.test("The emulator runs by itself, and prints how to reach it", async () => {
  const process = new Deno.Command(Deno.execPath(), {
    args: [...ARGS, "--port", "0"],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const found = Promise.withResolvers<string>();
  const reading = (async () => {
    let output = "";
    for await (
      const text of process.stdout.pipeThrough(new TextDecoderStream())
    ) {
      output += text;
      const string = /Connection string: (\S+)\s/.exec(output)?.[1];
      if (string !== undefined) found.resolve(string);
    }
    found.reject(new Error(`The emulator has ended:\n${output}`));
  })();
  try {
    const connectionString = await found.promise;
    const hub = createWebPubSubClient({ connectionString }).hub("chat");
    await using socket = new TestSocket(await hub.clientUrl());
    await socket.opened;
    await hub.sendToAll("hi");
    assert.equal(await socket.next(), "hi");
  } finally {
    process.kill("SIGTERM");
    await reading;
    assert.equal((await process.status).code, 0);
  }
});

Deno.test("The emulator says what is wrong with its arguments", async () => {
  for (const args of [["--port", "x"], ["--port", "70000"], ["--unknown"]]) {
    const { code, stderr } = await run(Deno.execPath(), {
      args: [...ARGS, ...args],
    });
    assert.equal(code, 64);
    assert.match(stderr, /--upstream <url>/);
  }
});
