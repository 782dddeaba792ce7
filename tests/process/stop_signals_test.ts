import assert from "node:assert/strict";
import { stopSignals } from "../../lib/process/stop_signals.ts";

// The signals are sent from outside, and Windows cannot send them.
const isWindows = Deno.build.os === "windows";

/** A process that listens for signals, says so, and goes on for ever. */
const SCRIPT = `
import { stopSignals } from "${new URL(
  "../../lib/process/stop_signals.ts",
  import.meta.url,
)}";
setInterval(() => {}, 1_000);
const stop = stopSignals();
console.log("listening");
console.log(await stop.received);
if (Deno.env.get("DISPOSE")) {
  stop[Symbol.dispose]();
  console.log("disposed");
}
`;

interface Started extends AsyncDisposable {
  readonly process: Deno.ChildProcess;
  /** The next line it prints. */
  line(): Promise<string | undefined>;
}

function start(env: Record<string, string> = {}): Started {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", "--no-lock", SCRIPT],
    env,
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = process.stdout.pipeThrough(new TextDecoderStream())
    .getReader();
  let text = "";
  // Whoever does not end by itself is ended: a test fails then, and does not hang.
  const guard = setTimeout(() => process.kill("SIGKILL"), 20_000);
  return {
    process,
    async line() {
      while (!text.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) return undefined;
        text += value;
      }
      const end = text.indexOf("\n");
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      return line;
    },
    async [Symbol.asyncDispose]() {
      try {
        process.kill("SIGKILL");
      } catch {
        // Has ended by itself.
      }
      await process.status;
      clearTimeout(guard);
      await reader.cancel();
    },
  };
}

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test({
    name: `stopSignals() resolves with the first signal: ${signal}`,
    ignore: isWindows,
    async fn() {
      await using started = start();
      assert.equal(await started.line(), "listening");
      started.process.kill(signal);
      assert.equal(await started.line(), signal);
    },
  });
}

for (const second of ["SIGTERM", "SIGINT"] as const) {
  Deno.test({
    name: `stopSignals() ends the process at the second signal: ${second}`,
    ignore: isWindows,
    async fn() {
      await using started = start();
      assert.equal(await started.line(), "listening");
      started.process.kill("SIGTERM");
      assert.equal(await started.line(), "SIGTERM");
      started.process.kill(second);
      const { code, signal } = await started.process.status;
      assert.deepEqual([code, signal], [143, null]);
    },
  });
}

Deno.test({
  name:
    "stopSignals() takes a SIGTERM after a SIGINT for the same wish, and what follows for another",
  ignore: isWindows,
  async fn() {
    await using started = start();
    assert.equal(await started.line(), "listening");
    started.process.kill("SIGINT");
    assert.equal(await started.line(), "SIGINT");
    started.process.kill("SIGTERM");
    // It is there still to be told again.
    started.process.kill("SIGINT");
    const { code, signal } = await started.process.status;
    assert.deepEqual([code, signal], [143, null]);
  },
});

Deno.test({
  name: "stopSignals() leaves signals to the system once it is disposed",
  ignore: isWindows,
  async fn() {
    await using started = start({ DISPOSE: "1" });
    assert.equal(await started.line(), "listening");
    started.process.kill("SIGINT");
    assert.equal(await started.line(), "SIGINT");
    assert.equal(await started.line(), "disposed");
    started.process.kill("SIGTERM");
    const { signal } = await started.process.status;
    assert.equal(signal, "SIGTERM");
  },
});

Deno.test("stopSignals() that is disposed leaves nothing behind", () => {
  // The resource sanitizer sees a listener that is left.
  const stop = stopSignals();
  stop[Symbol.dispose]();
  assert.ok(stop.received instanceof Promise);
});
