import assert from "node:assert/strict";
import { DEFAULT_NAMESPACE } from "../../dev/emulator/mod.ts";
import { startService } from "../../lib/service.ts";
import { on } from "../../mod.ts";
import { testConfig } from "../_support/config.ts";
import { recordLog } from "../_support/log.ts";
import { join } from "node:path";
import { ROOT, run, tempFolder, tool } from "./_run.ts";

const UNSERVED = "group.groupCreated";
const HINT = new RegExp(
  `No handler is registered for group\\.groupCreated: make one with \\S*task new handler group\\.groupCreated`,
);

Deno.test("deno task send says that an event has no handler, and how to make one", async (t) => {
  await using service = await startService({
    config: testConfig({ namespace: DEFAULT_NAMESPACE }),
    handlers: [on("userAuthentication.userLoggedIn", () => {})],
    protoFolder: join(ROOT, "proto"),
    log: recordLog(),
  });
  await using folder = await tempFolder();
  const send = (...args: readonly string[]) =>
    run(
      tool("dev/send.ts", [
        "--address",
        `127.0.0.1:${service.portOf("grpc")}`,
        ...args,
      ]),
      { cwd: folder.path },
    );

  await t.step("for one event", async () => {
    const { code, stdout } = await send(UNSERVED);
    assert.equal(code, 1);
    assert.match(stdout, /^UNIMPLEMENTED in [\d.]+ ms: No handler/m);
    assert.match(stdout, HINT);
  });

  await t.step("for many", async () => {
    const { code, stdout } = await send(UNSERVED, "--repeat", "3");
    assert.equal(code, 1);
    assert.match(stdout, /^UNIMPLEMENTED: 3 \(No handler/m);
    assert.match(stdout, HINT);
  });

  await t.step("also by the key's three parts", async () => {
    const { stdout } = await send("group.groupCreated.groupCreated");
    assert.match(stdout, HINT);
  });

  await t.step("and not for one that has a handler", async () => {
    const { code, stdout } = await send("userAuthentication.userLoggedIn");
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /No handler/);
  });
});
