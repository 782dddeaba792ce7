// deno-lint-ignore-file no-console -- Its output is what the test looks at.

/**
 * Publishes one message to the sidecar at the port that the argument names.
 *
 * @module
 */

import { join } from "node:path";
import { createPublisher } from "../../../lib/grpc/publisher.ts";

const publisher = createPublisher({
  protoFolder: join(import.meta.dirname!, "../../../proto"),
  port: Number(Deno.args[0]),
  nextDelay: () => undefined,
});
const { signal } = new AbortController();
await publisher.bind({ signal }).publish("orders", "text");
console.log("Published");
publisher[Symbol.dispose]();
