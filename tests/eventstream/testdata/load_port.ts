/**
 * Loads the Kafka library as the service would, and says what became of the environment.
 *
 * @module
 */

import process from "node:process";
import { createEventStream } from "../../../lib/eventstream/mod.ts";

const { env } = process;
await using stream = createEventStream({
  stream: "kafka",
  brokers: ["127.0.0.1:1"],
  connectTimeout: 1_000,
  flushTimeout: 0,
});
const failure = await stream.metadata().catch((error: Error) => error);
const message = failure instanceof Error ? failure.message : "no failure";
const text = `${message}; ${process.env === env}; ${
  process.env["AB_NAMESPACE"]
}`;
await Deno.stdout.write(new TextEncoder().encode(text));
