/**
 * The event stream: AccelByte's way of sending events between services over Kafka, as
 * its SDK for Go writes and reads them.
 *
 * @module
 */

import { StreamOptionsError } from "./errors.ts";
import { createKafkaStream } from "./kafka_stream.ts";
import { createNoStream } from "./none_stream.ts";
import { createStdoutStream } from "./stdout_stream.ts";
import type { EventStream, EventStreamOptions } from "./stream.ts";

/**
 * Makes an event stream. Nothing is connected before it is used.
 *
 * @throws {StreamOptionsError} An option makes no sense.
 *
 * @example Publish and subscribe
 * ```ts ignore
 * await using stream = createEventStream({
 *   stream: "kafka",
 *   prefix: "stage",
 *   brokers: ["127.0.0.1:9092"],
 * });
 * stream.subscribe({ topic: "shop.orders", groupId: "billing" }, async (event) => {
 *   await bill(event.userId, event.payload);
 * });
 * stream.publish({ topic: "shop.orders", name: "orderPaid", payload: { amount: 3 } });
 * ```
 */
export function createEventStream(options: EventStreamOptions): EventStream {
  switch (options.stream) {
    case "kafka":
      return createKafkaStream(options);
    case "stdout":
      return createStdoutStream(options);
    case "none":
      return createNoStream();
    default:
      throw new StreamOptionsError(
        `Stream is ${
          JSON.stringify(options.stream)
        }: expected kafka, stdout or none`,
      );
  }
}
