/**
 * Time that passes only when a test says so.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** Timers and clock in the hands of a test. Disposing gives the real ones back. */
export interface FakeTime extends Disposable {
  /** Milliseconds since the epoch, as the wall clock stands. */
  now(): number;
  /** Sets the wall clock forward or back: no time passes. */
  jump(milliseconds: number): void;
  /** Lets time pass in which the process stands still: no timer fires. */
  stall(milliseconds: number): void;
  /** How many timers are set. */
  readonly pending: number;
  /** Lets time pass: fires what is due, in order, and lets promises settle. */
  advance(milliseconds: number): Promise<void>;
}

/** Lets whatever promises have become ready run, without passing time. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/**
 * Replaces `setTimeout`, `clearTimeout`, `Date.now` and `performance.now` until it is
 * disposed.
 */
export function fakeTime(): FakeTime {
  const real = { setTimeout, clearTimeout, now: Date.now };
  const monotonic = performance.now;
  const timers = new Map<number, Timer>();
  let clock = 0;
  let wall = Date.parse("2026-01-01T00:00:00Z");
  let lastId = 0;

  function set(fire: () => void, milliseconds = 0): number {
    timers.set(++lastId, { at: clock + Math.max(0, milliseconds), fire });
    return lastId;
  }

  function takeDue(until: number): Timer | undefined {
    const [due] = [...timers].filter(([, { at }]) => at <= until)
      .sort(([a, { at }], [b, { at: other }]) => at - other || a - b);
    if (due === undefined) return undefined;
    timers.delete(due[0]);
    return due[1];
  }

  async function advance(milliseconds: number): Promise<void> {
    const until = clock + milliseconds;
    await settle();
    for (let due = takeDue(until); due !== undefined; due = takeDue(until)) {
      clock = Math.max(clock, due.at);
      due.fire();
      await settle();
    }
    clock = until;
  }

  // The fakes are called with a callback and a delay only, as the service does.
  globalThis.setTimeout = set as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((id?: number) => {
    if (id !== undefined) timers.delete(id);
  }) as typeof clearTimeout;
  Date.now = () => wall + clock;
  performance.now = () => clock;

  return {
    now: () => wall + clock,
    jump(milliseconds) {
      wall += milliseconds;
    },
    stall(milliseconds) {
      clock += milliseconds;
    },
    get pending() {
      return timers.size;
    },
    advance,
    [Symbol.dispose]() {
      globalThis.setTimeout = real.setTimeout;
      globalThis.clearTimeout = real.clearTimeout;
      Date.now = real.now;
      performance.now = monotonic;
    },
  };
}
