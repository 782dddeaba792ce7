/**
 * All HTTP/2 clients of this project, in a process of their own, as what they meet may
 * end it. They call, whatever comes of it, until the word "good" comes on standard
 * input: from then on they are to be answered, once each, and say so.
 *
 *     deno run -A http2_clients.ts <port> <proto folder>
 */

import { connect } from "../../../dev/event_client.ts";
import { checkHealth } from "../../../lib/grpc/health_client.ts";
import { createPublisher } from "../../../lib/grpc/publisher.ts";

const [port = "", protoFolder = ""] = Deno.args;

/** Time for one call, in milliseconds: many are not answered. */
const TIMEOUT = 100;

/** The same, once all are answered: as long as it takes. */
const PATIENCE = 120_000;

let timeout = TIMEOUT;

/** Calls until it is answered by a server that answers all. */
async function repeat(call: () => Promise<boolean>): Promise<void> {
  for (;;) {
    const isGood = timeout === PATIENCE;
    if (await call() && isGood) return;
  }
}

/** What handlers publish with: one connection, two messages at once. */
async function publish(): Promise<void> {
  using publisher = createPublisher({
    protoFolder,
    port: Number(port),
    nextDelay: ({ attempt }) => attempt < 2 ? 0 : undefined,
  });
  await repeat(async () => {
    const messaging = publisher.bind({
      signal: AbortSignal.timeout(timeout),
      deadline: Date.now() + timeout,
    });
    const results = await Promise.allSettled([
      messaging.publish("orders", { id: 1 }),
      messaging.publish("orders", { id: 2 }),
    ]);
    return results.every(({ status }) => status === "fulfilled");
  });
}

/** `send` and `replay`: a new client for a few calls each. */
function send(): Promise<void> {
  return repeat(async () => {
    using client = connect(`127.0.0.1:${port}`);
    let isOk = false;
    for (let count = 0; count < 5; count++) {
      const bytes = new Uint8Array(9);
      const { status } = await client.send(
        "/shop.Placed/OnMessage",
        bytes,
        timeout,
      );
      isOk = status === "OK";
    }
    return isOk;
  });
}

/** `doctor --running`. */
function ask(): Promise<void> {
  return repeat(async () =>
    await checkHealth(Number(port), { protoFolder, timeout }) !== "UNAVAILABLE"
  );
}

const running = [
  publish,
  publish,
  publish,
  publish,
  send,
  send,
  send,
  send,
  ask,
]
  .map((client) => client());
for await (const _ of Deno.stdin.readable) timeout = PATIENCE;
await Promise.all(running);
// deno-lint-ignore no-console -- to whoever started it
console.log("answered");
Deno.exit(0);
