/**
 * An event stream that goes nowhere.
 *
 * @module
 */

import type { EventStream } from "./stream.ts";
import type { Subscription } from "./subscription.ts";

/** Makes an event stream that takes anything, and does nothing. */
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

/** A subscription to which nothing comes. */
export function endedSubscription(): Subscription {
  return {
    ready: Promise.resolve(),
    closed: Promise.resolve(),
    partitions: [],
    isJoined: true,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
