import assert from "node:assert/strict";
import { createStdoutWrite, isStdoutNull } from "../../lib/telemetry/stdout.ts";
import { run } from "../_support/process.ts";

const { WouldBlock } = Deno.errors;

/** A non-blocking pipe: takes what it has room for, or refuses all. */
function pipe(size: number) {
  let held = "";
  const decoder = new TextDecoder();
  return {
    read: () => {
      const text = held;
      held = "";
      return text;
    },
    write(bytes: Uint8Array): Promise<number> {
      const room = size - held.length;
      if (room === 0 || bytes.length > room && bytes.length <= 4_096) {
        return Promise.reject(new WouldBlock("Resource is not available"));
      }
      const taken = bytes.subarray(0, room);
      held += decoder.decode(taken);
      // As the runtime has it: that some were taken is not told.
      return taken.length < bytes.length
        ? Promise.reject(new WouldBlock("Resource is not available"))
        : Promise.resolve(taken.length);
    },
  };
}

Deno.test("A pipe that does not block is written to in pieces that it takes whole, once it was full", async () => {
  const { read, write } = pipe(65_536);
  const stdout = createStdoutWrite(write);
  const bytes = new TextEncoder().encode(`${"x".repeat(999)}\n`.repeat(100));
  await assert.rejects(stdout(bytes), WouldBlock);
  assert.equal(read().length, 65_536);
  const lines = new TextEncoder().encode(
    `${"short\n".repeat(1_000)}${"y".repeat(10_000)}\nend\n`,
  );
  let isOver = false;
  let text = "";
  const writing = (async () => {
    for (let rest = lines; rest.length > 0;) {
      rest = rest.subarray(await stdout(rest));
    }
    isOver = true;
  })();
  // The pipe is read from time to time, as far as it is full.
  while (!isOver) {
    await new Promise((resolve) => setTimeout(resolve));
    text += read();
  }
  await writing;
  assert.equal(text, new TextDecoder().decode(lines));
});

Deno.test("Other failures of standard output are not hidden", async () => {
  const stdout = createStdoutWrite(() =>
    Promise.reject(new Deno.errors.BrokenPipe("Broken pipe"))
  );
  await assert.rejects(stdout(Uint8Array.of(10)), Deno.errors.BrokenPipe);
});

const MODULE = new URL("../../lib/telemetry/stdout.ts", import.meta.url);

Deno.test({
  name:
    "isStdoutNull() knows when standard output is closed or the null device",
  ignore: Deno.build.os !== "linux",
  async fn() {
    assert.equal(typeof isStdoutNull(), "boolean");
    const code = `import { isStdoutNull } from "${MODULE}";` +
      "console.error(isStdoutNull());";
    for (
      const [redirection, wanted] of [
        [">/dev/null", "true"],
        [">&-", "true"],
        [">/dev/full", "false"],
        ["| cat", "false"],
      ] as const
    ) {
      const { stderr } = await run("sh", {
        args: [
          "-c",
          `"$0" run --no-lock --no-prompt - ${redirection}`,
          Deno.execPath(),
        ],
        stdin: code,
      });
      assert.equal(stderr.trim(), wanted, redirection);
    }
  },
});
