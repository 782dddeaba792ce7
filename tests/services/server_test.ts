import assert from "node:assert/strict";
import { answers, isListening, startServer } from "./_server.ts";
import { until } from "./_until.ts";

/** Arguments of Deno that run a program. */
function program(text: string): readonly string[] {
  return ["eval", "--quiet", text];
}

Deno.test("a server is ready when it answers, and gone afterwards", async () => {
  let port = 0;
  {
    await using server = await startServer({
      command: Deno.execPath(),
      args: (port) =>
        program(
          `console.log("up"); Deno.serve({ port: ${port} }, () => new Response())`,
        ),
      isReady: (port, signal) => answers(`http://127.0.0.1:${port}/`, signal),
    });
    port = server.port;
    assert.match(server.output, /up/);
    assert.ok(await isListening(port));
  }
  await assert.rejects(isListening(port), Deno.errors.ConnectionRefused);
});

Deno.test("a server that ends instead of starting is an error with its output", async () => {
  await assert.rejects(
    startServer({
      command: Deno.execPath(),
      args: () => program('console.error("no such disk"); Deno.exit(3)'),
      isReady: () => Promise.reject(new Error("not yet")),
    }),
    ({ message, cause }: Error) => {
      assert.match(message, /did not start:\n.*no such disk/s);
      assert.match(String(cause), /has ended/);
      return true;
    },
  );
});

Deno.test("a server that is never ready is ended, and an error", async () => {
  let port = 0;
  await assert.rejects(
    startServer({
      command: Deno.execPath(),
      args: (free) => {
        port = free;
        return program(`Deno.serve({ port: ${free} }, () => new Response())`);
      },
      isReady: () => Promise.resolve(false),
      patience: 1_500,
    }),
    /did not start/,
  );
  await assert.rejects(isListening(port), Deno.errors.ConnectionRefused);
});

Deno.test("of a server that writes without end, the end is kept", async () => {
  await using server = await startServer({
    command: Deno.execPath(),
    args: () =>
      program(
        `for (let i = 0; i < 5e4; i++) console.log("line", i);
         setInterval(() => {}, 1e4);`,
      ),
    isReady: () => Promise.resolve(true),
  });
  const end = await until("the last line", () => {
    const { output } = server;
    return output.endsWith("line 49999\n") ? output : undefined;
  });
  assert.equal(end.length, 20_000);
});

Deno.test("waiting for what never comes ends with the last reason", async () => {
  const reason = new Error("nothing there");
  await assert.rejects(
    until("it", () => Promise.reject(reason), { patience: 20, pause: 5 }),
    (error: Error) => {
      assert.equal(error.message, "Waited 20 ms in vain for it");
      assert.equal(error.cause, reason);
      return true;
    },
  );
});
