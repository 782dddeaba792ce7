import assert from "node:assert/strict";
import { join } from "node:path";
import { connect } from "../../dev/event_client.ts";
import { findEvent, makeEvent } from "../../dev/event_source.ts";
import { startEmulator } from "../../dev/emulator/mod.ts";
import { freePort } from "../../dev/free_port.ts";
import { projectCopy } from "./_project_copy.ts";
import { freePorts, ROOT, run, start, tool } from "./_run.ts";

const LOGIN = "userAuthentication.userLoggedIn";
const STAT = "statistic.statItemUpdated";

const REWARD = `import { on } from "event-handler";
import { creditWallet } from "event-handler/ags";
export default on("${STAT}", async (event, ctx) => {
  const { userId } = event.data;
  await creditWallet(ctx.ags, { userId, currencyCode: "GOLD", amount: 50 });
  await ctx.ags.request(
    "POST",
    "/lobby/v1/admin/notification/namespaces/{namespace}/users/{userId}/freeform/notify",
    { params: { userId }, body: { topicName: "t", message: "hi" } },
  );
  await ctx.eventStream.publish("shop.orders", { name: "orderPaid" });
  if (userId === "party") {
    await ctx.ags.request("GET", "/session/v1/admin/namespaces/{namespace}/parties");
  }
}, { filter: (event) => event.data.userId !== "nobody" });
`;
const COUNT = `import { on } from "event-handler";
export default on("${LOGIN}", () => {});
`;
const LIST = `import userLoggedIn from "./user_logged_in.ts";
import count from "./count.ts";
import reward from "./reward.ts";
export const handlers = [userLoggedIn, count, reward];
`;

// The payload that the official templates document for trying them, byte by byte.
const OFFICIAL = {
  payload: {
    userAccount: {
      userId: "string",
      emailAddress: "string",
      country: "string",
      namespace: "string",
    },
    userAuthentication: { platformId: "string", refresh: true },
  },
  id: "string",
  version: 0,
  name: "string",
  namespace: "string",
  parentNamespace: "string",
  timestamp: "2019-08-24T14:15:22Z",
  clientId: "string",
  userId: "string",
  traceId: "string",
  sessionId: "string",
};

/** A project with handlers of its own, run by dev. */
async function startProject(
  variables: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {
    "handlers/reward.ts": REWARD,
    "handlers/count.ts": COUNT,
    "handlers/mod.ts": LIST,
  },
) {
  await using stack = new AsyncDisposableStack();
  const { path: cwd } = stack.use(await projectCopy());
  const write = (name: string, text: string) =>
    Deno.writeTextFile(join(cwd, name), text);
  for (const [name, text] of Object.entries(files)) await write(name, text);
  const env = { ...freePorts(), ...variables };
  const dev = stack.use(
    start(["task", "dev", "--no-check"], { env, cwd }),
  );
  await dev.printed(/^ {2}Try /m);
  const running = stack.move();
  return {
    dev,
    env,
    write,
    send: async (...args: readonly string[]) =>
      (await run(tool("dev/send.ts", args), { env, cwd })).stdout,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

Deno.test("deno task send says what became of an event, and what it did", async (t) => {
  await using project = await startProject();
  const { dev, env, send } = project;

  await t.step("requests with their status, and publications", async () => {
    const lines = (await send(STAT, "--set", "userId=u1")).trimEnd().split(
      "\n",
    );
    const base = "/platform/admin/namespaces/mygame/users/u1";
    assert.match(lines[0] ?? "", /^OK in [\d.]+ ms: handled$/);
    assert.deepEqual(lines.slice(1), [
      `  PUT ${base}/wallets/GOLD/credit {"amount":50,"source":"REWARD"} -> 200: balance 50 GOLD`,
      '  POST /lobby/v1/admin/notification/namespaces/mygame/users/u1/freeform/notify {"topicName":"t","message":"hi"} -> 204',
      "  Published event orderPaid on shop.orders",
    ]);
  });

  await t.step("a filter that skips it", async () => {
    assert.match(
      await send(STAT, "--set", "userId=nobody"),
      /^OK in [\d.]+ ms: skipped \(the handler's filter excludes it\)\n$/,
    );
  });

  await t.step("each of several handlers", async () => {
    const args = [LOGIN, "--set", "userId=u2", "--set", "id=e2"];
    const first = await send(...args);
    assert.match(first, /^OK in [\d.]+ ms:\n/);
    assert.match(
      first,
      /^ {2}user_logged_in: handled\n {4}POST .* -> 200: granted item/m,
    );
    assert.match(first, /^ {2}count: handled$/m);
    const second = await send(...args);
    assert.match(second, /^ {2}user_logged_in: duplicate \(handled .* ago\)$/m);
    assert.match(second, /^ {2}count: duplicate \(handled .* ago\)$/m);
  });

  await t.step("a request that is tried again, with each status", async () => {
    await fetch(`http://127.0.0.1:${env.EMULATOR_PORT}/emulator/faults`, {
      method: "PUT",
      body: JSON.stringify([{
        kind: "error",
        status: 503,
        times: 1,
        match: { path: "/lobby" },
      }]),
    }).then((answer) => answer.body?.cancel());
    assert.match(
      await send(STAT, "--set", "userId=u3"),
      /^ {2}POST \/lobby\/.* -> 503(, then 204)?$/m,
    );
  });

  await t.step(
    "an operation that is neither emulated nor stubbed, until its stub is saved",
    async () => {
      const missing = await send(STAT, "--set", "userId=party");
      assert.match(
        missing,
        /: rejected \(AGS .*answer it in emulator\/stubs\.ts/,
      );
      assert.match(
        missing,
        /^ {2}GET \/session\/v1\/admin\/namespaces\/mygame\/parties -> 404$/m,
      );
      await dev.printed(
        /path: "\/session\/v1\/admin\/namespaces\/\{namespace\}\/parties"/,
      );
      await project.write(
        "emulator/stubs.ts",
        `import { stub } from "event-handler/emulator";
       export default [stub({
         method: "GET",
         path: "/session/v1/admin/namespaces/{namespace}/parties",
         answer: [],
       })];`,
      );
      await dev.printed(/emulator\/stubs\.ts is loaded: 1 stub$/m);
      const stubbed = await send(STAT, "--set", "userId=party");
      assert.match(stubbed, /^OK in [\d.]+ ms: handled$/m);
      assert.match(stubbed, /parties -> 200$/m);
    },
  );

  await t.step(
    "the official templates' own payload grants once, and the log says why not twice",
    async () => {
      const event = findEvent(join(ROOT, "proto"), LOGIN);
      const { bytes } = makeEvent(event, {
        namespace: "",
        json: OFFICIAL,
        sets: [],
        isOneOfMany: false,
      });
      using client = connect(`127.0.0.1:${env.GRPC_PORT}`);
      for (let time = 0; time < 2; time++) {
        assert.equal(
          (await client.send(event.path, bytes, 30_000)).status,
          "OK",
        );
      }
      const answer = await fetch(
        `http://127.0.0.1:${env.EMULATOR_PORT}/emulator/grants?userId=string`,
      );
      assert.equal((await answer.json()).grants.length, 1);
      await dev.printed(
        /Event duplicate .*eventId=string .*why=This id was handled before/,
      );
    },
  );

  await t.step(
    "and where dev runs and its service does not, that it has ended",
    async () => {
      await project.write("handlers/count.ts", "export default (");
      await dev.printed(/Service ended with code 1/);
      assert.match(
        await send(STAT),
        /^UNAVAILABLE in [\d.]+ ms: \S*task dev runs, but its service has ended with code 1: its terminal says why\. It starts again when a file changes$/m,
      );
    },
  );
});

Deno.test("deno task send says what became of an event with an AGS that is none of dev's", async () => {
  await using ags = await startEmulator({ namespace: "realgame" });
  await using project = await startProject({
    AB_BASE_URL: ags.url,
    AB_CLIENT_ID: "c0000000000000000000000000000001",
    AB_CLIENT_SECRET: "emulator-only",
    AB_NAMESPACE: "realgame",
    ITEM_ID_TO_GRANT: "e0000000000000000000000000000002",
  });
  assert.match(
    await project.send(STAT, "--set", "userId=u1"),
    /^OK in [\d.]+ ms: handled\n {2}PUT .* -> 200: balance 50 GOLD\n/,
  );
  assert.match(
    await project.send(STAT, "--set", "namespace=string"),
    /: skipped \(it belongs to another namespace: this app's is realgame\)$/m,
  );
});

Deno.test("deno task send says what became of a client's event, which is accepted before it is handled", async () => {
  await using project = await startProject(
    { SOURCES: "grpc,clientEvents", HTTP_PORT: `${freePort()}` },
    {
      "handlers/hello.ts": `import { on } from "event-handler";
        export default on("clientEvents.hello", (_event, ctx) =>
          ctx.messaging.publish("greetings", "hi"));`,
      "handlers/mod.ts": `import hello from "./hello.ts";
        export const handlers = [hello];`,
    },
  );
  assert.match(
    await project.send("clientEvents.hello"),
    /^200 in [\d.]+ ms: EventId \S+\nHandled\n {2}Published a message on greetings\n$/,
  );
});
