import assert from "node:assert/strict";
import { Registry } from "prom-client";
import { createDeadLetterMetrics } from "../../lib/telemetry/dead_letter_metrics.ts";
import { parseExposition } from "./_exposition.ts";

Deno.test("Dead letters are counted by outcome and by whether they were kept, from 0 on", async () => {
  const registry = new Registry();
  const count = createDeadLetterMetrics(registry);
  const read = async () => {
    const { value } = parseExposition(await registry.metrics());
    return (["rejected", "exhausted"] as const).map((outcome) =>
      ["written", "failed"].map((result) =>
        value(`dead_letters_total{outcome="${outcome}",result="${result}"}`)
      )
    );
  };
  assert.deepEqual(await read(), [[0, 0], [0, 0]]);
  count("rejected", "written");
  count("rejected", "written");
  count("exhausted", "failed");
  assert.deepEqual(await read(), [[2, 0], [0, 1]]);
});
