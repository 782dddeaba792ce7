import assert from "node:assert/strict";
import { join } from "node:path";
import denoJson from "../../deno.json" with { type: "json" };
import { startSidecar } from "./_service.ts";

const ROOT = join(import.meta.dirname!, "../..");

Deno.test("publishing needs no more permissions than the service starts with, and heeds no proxy", async () => {
  await using sidecar = await startSidecar();
  const [, ...args] = denoJson.tasks.start.command.split(" ");
  const script = join(ROOT, "tests/messaging/testdata/publish.ts");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...args.map((arg) => arg === "main.ts" ? script : arg),
      String(sidecar.port),
    ],
    cwd: ROOT,
    env: {
      NO_COLOR: "1",
      http_proxy: "http://127.0.0.1:1",
      grpc_proxy: "http://127.0.0.1:1",
    },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  assert.equal(text.decode(stderr), "");
  assert.equal(text.decode(stdout), "Published\n");
  assert.equal(code, 0);
  assert.equal(sidecar.requests[0]?.topic, "orders");
});
