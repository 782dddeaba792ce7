// deno-lint-ignore-file no-console -- It is the console that this is about.

import assert from "node:assert/strict";
import { captureConsole } from "../../lib/telemetry/console.ts";
import { recordLog } from "../_support/log.ts";

Deno.test("What is printed on the console is logged at its level, objects as fields", () => {
  const log = recordLog();
  const { log: own } = console;
  {
    using _captured = captureConsole(log);
    console.debug("d");
    console.log("two", "texts", 3, { email: "jane@example.com" });
    console.info();
    console.warn("w");
    console.error(new TypeError("boom"));
  }
  assert.equal(console.log, own);
  assert.deepEqual(log.lines, [
    { level: "debug", message: "d", fields: {} },
    {
      level: "info",
      message: "two texts",
      fields: { printed: [3, { email: "jane@example.com" }] },
    },
    { level: "info", message: "Printed", fields: {} },
    { level: "warn", message: "w", fields: {} },
    {
      level: "error",
      message: "Printed",
      fields: { printed: [new TypeError("boom")] },
    },
  ]);
});
