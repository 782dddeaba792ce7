import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { run } from "../_support/process.ts";

Deno.test("the Kafka library loads without a permission for all variables, or for any file", async () => {
  const script = new URL("testdata/load_port.ts", import.meta.url);
  const { code, stdout } = await run(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-net",
      "--allow-env=AB_*",
      fileURLToPath(script),
    ],
    env: { AB_NAMESPACE: "acme" },
  });
  assert.equal(stdout, "Brokers cannot be read; true; acme");
  assert.equal(code, 0);
});
