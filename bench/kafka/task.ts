/**
 * What a process of the measurement is told to do, and how it speaks.
 *
 * A process says a line of JSON every 20 ms, begins when its standard input ends, and
 * ends at SIGTERM.
 *
 * @module
 */

import type { Sample } from "./samples.ts";

/** Publishes. */
export interface PublishTask {
  /** What kind of task it is. */
  readonly type: "publish";
  /** Brokers to begin with. */
  readonly brokers: readonly string[];
  /** The topic. */
  readonly topic: string;
  /**
   * `queued`: by `publish()`, as fast as it goes. `confirmed`: by `publishSync()`, one
   * after the other. A number: by `publish()`, so many a second until it is ended.
   */
  readonly pace: "queued" | "confirmed" | number;
  /** Events to publish; none with a number for a pace. */
  readonly count: number;
}

/** The event stream's client, or the library as it is: its records, or their JSON. */
export type Client = "stream" | "stream-raw" | "bare-raw" | "bare-json";

/** Whether it is the event stream's client. */
export function isStream(client: Client): boolean {
  return client === "stream" || client === "stream-raw";
}

/** Consumes until it is ended. */
export interface ConsumeTask {
  /** What kind of task it is. */
  readonly type: "consume";
  /** Brokers to begin with. */
  readonly brokers: readonly string[];
  /** The topic. */
  readonly topic: string;
  /** The group. */
  readonly group: string;
  /** What consumes. */
  readonly client: Client;
  /** How long the handler waits for each event, in milliseconds. 0: it does nothing. */
  readonly wait: number;
}

/** What a process does. */
export type Task = PublishTask | ConsumeTask;

/** What a process says. */
export interface Line extends Sample {
  /** Partitions that it has, if it consumes. */
  readonly partitions: number;
  /** Whether it has connected and only waits to begin, if it publishes. */
  readonly isConnected: boolean;
}

/** What a task tells about itself while it runs. */
export interface Progress {
  /** Records done. */
  done: number;
  /** Whether it has connected, if it publishes. */
  isConnected: boolean;
  /** Partitions that it has, if it consumes. */
  partitions: () => number;
}
