/**
 * An event stream that discards everything.
 *
 * @module
 */

import type { EventStream } from "./stream.ts";
import type { Subscription } from "./subscription.ts";

/** Creates an event stream that accepts and discards everything. */
export function createNoStream(): EventStream {
  return {
    publish() {},
    publishSync: () => Promise.resolve(),
    publishAuditLog() {},
    subscribe: () => endedSubscription(),
    sendRecord: () => Promise.resolve(),
    writeDeadLetter: () => Promise.resolve(),
    metadata: () => Promise.resolve([]),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A subscription that receives nothing. */
export function endedSubscription(): Subscription {
  return {
    ready: Promise.resolve(),
    closed: Promise.resolve(),
    partitions: [],
    isJoined: true,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
