/**
 * Debugging, as an editor does it: by the inspector's own protocol.
 *
 * @module
 */

import assert from "node:assert/strict";
import { SourceMap } from "node:module";
import { join } from "node:path";
import { freePort } from "../../dev/free_port.ts";
import { PATIENCE } from "../_support/patience.ts";
import { freePorts, reference, run, start, tempFolder, tool } from "./_run.ts";

const LOGIN = "userAuthentication.userLoggedIn";
const HANDLER = "handlers/user_logged_in.ts";

/** A message of the inspector. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  // deno-lint-ignore no-explicit-any -- Another shape for each method.
  readonly params?: any;
  // deno-lint-ignore no-explicit-any -- Another shape for each method.
  readonly result?: any;
}

/** A debugger that is attached. Disposing detaches it. */
interface Debugger extends Disposable {
  /** Asks for something; its answer's result. */
  ask(method: string, params?: object): Promise<Message["result"]>;
  /** Waits for something that happens, or has happened. */
  happens(
    method: string,
    matches?: (params: Message["params"]) => boolean,
  ): Promise<Message["params"]>;
}

async function attach(port: number): Promise<Debugger> {
  const list = await fetch(`http://127.0.0.1:${port}/json/list`);
  const [target] = await list.json();
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  const signal = AbortSignal.timeout(PATIENCE);
  const seen: Message[] = [];
  const waiting = new Set<() => void>();
  socket.onmessage = ({ data }) => {
    seen.push(JSON.parse(data));
    for (const look of waiting) look();
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("Debugger cannot attach"));
  });
  let lastId = 0;

  function find(matches: (message: Message) => boolean): Promise<Message> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const index = seen.findIndex(matches);
        if (index < 0) return;
        waiting.delete(look);
        resolve(seen.splice(index, 1)[0]!);
      };
      waiting.add(look);
      signal.addEventListener("abort", () => reject(signal.reason));
      look();
    });
  }

  return {
    async ask(method, params = {}) {
      const id = ++lastId;
      socket.send(JSON.stringify({ id, method, params }));
      return (await find((message) => message.id === id)).result;
    },
    async happens(method, matches = () => true) {
      const { params } = await find((message) =>
        message.method === method && matches(message.params)
      );
      return params;
    },
    [Symbol.dispose]: () => socket.close(),
  };
}

/** The line of what runs that was made from a line of the source, as editors find it. */
function generatedLine(mapUrl: string, code: string, line: number): number {
  const [, base64 = ""] = mapUrl.split("base64,");
  const payload = new TextDecoder().decode(Uint8Array.fromBase64(base64));
  const map = new SourceMap(JSON.parse(payload));
  return code.split("\n").findIndex((text, index) => {
    const entry = map.findEntry(index, text.search(/\S/));
    return "originalLine" in entry && entry.originalLine === line;
  });
}

Deno.test({
  name:
    "deno task dev --inspect: a breakpoint in a handler is hit, and its event goes on",
  // The debugger's deadline outlives it.
  sanitizeOps: false,
  async fn() {
    await using folder = await tempFolder();
    const env = freePorts();
    const port = freePort();
    const args = ["--no-check", `--inspect=127.0.0.1:${port}`];
    await using dev = start(tool("dev/main.ts", args), {
      env,
      cwd: folder.path,
    });
    await dev.printed(/^ {2}Try /m);
    using debug = await attach(port);
    await debug.ask("Debugger.enable");
    const script = await debug.happens(
      "Debugger.scriptParsed",
      ({ url }) => url.endsWith(HANDLER),
    );
    const source = await Deno.readTextFile(join(reference(), HANDLER));
    const wanted = source.split("\n").findIndex((text) =>
      text.includes("grantItem(")
    );
    const { scriptSource } = await debug.ask("Debugger.getScriptSource", {
      scriptId: script.scriptId,
    });
    const { actualLocation } = await debug.ask("Debugger.setBreakpoint", {
      location: {
        scriptId: script.scriptId,
        lineNumber: generatedLine(script.sourceMapURL, scriptSource, wanted),
      },
    });
    assert.ok(actualLocation, "the line has code");

    const sent = run(tool("dev/send.ts", [LOGIN, "--set", "userId=u1"]), {
      env,
      cwd: folder.path,
    });
    const { callFrames: [frame], hitBreakpoints } = await debug.happens(
      "Debugger.paused",
    );
    assert.equal(hitBreakpoints.length, 1);
    assert.equal(frame.location.scriptId, script.scriptId);
    const { result } = await debug.ask("Debugger.evaluateOnCallFrame", {
      callFrameId: frame.callFrameId,
      expression: "event.data.userId",
    });
    assert.equal(result.value, "u1");
    await debug.ask("Debugger.resume");
    assert.match((await sent).stdout, /^OK in /m);
  },
});
