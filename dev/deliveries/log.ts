/**
 * The notes that `task dev` keeps: the newest ones, over restarts of the service.
 *
 * @module
 */

import { createBoundedMap } from "../../lib/core/bounded_map.ts";
import { createRing } from "../emulator/ring.ts";
import type { DeliveryNote, KeptDelivery } from "./delivery.ts";

/** Notes kept. */
export const MAX_NOTES = 5_000;
/** Events kept for replay: the newest ones. */
export const MAX_EVENTS = 100;

/** Which notes are wanted. */
export interface DeliveryQuery {
  /** Numbered above this. */
  readonly since: number;
  /** Of this type. @default {all} */
  readonly type?: string | undefined;
  /** Of this event. @default {all} */
  readonly id?: string | undefined;
}

/** The log. */
export interface DeliveryLog {
  /** Number of the newest note; 0 before the first. */
  readonly last: number;
  /** Keeps a note. */
  add(note: DeliveryNote): void;
  /** Notes, oldest first. */
  list(query: DeliveryQuery): readonly KeptDelivery[];
  /** Resolves when there is one more note, or the signal ends. */
  more(signal: AbortSignal): Promise<void>;
}

/** Creates an empty log. */
export function createDeliveryLog(): DeliveryLog {
  const notes = createRing<KeptDelivery>(MAX_NOTES);
  const events = createRing<{ seq: number; data: DeliveryNote["data"] }>(
    MAX_EVENTS,
  );
  const handled = createBoundedMap<number>(MAX_NOTES);
  const waiting = new Set<() => void>();

  function handledAt({ type, id, handler }: DeliveryNote): number | undefined {
    return handled.get(JSON.stringify([type, id, handler]));
  }

  function remember({ type, id, handler, time }: DeliveryNote): void {
    const key = JSON.stringify([type, id, handler]);
    handled.delete(key);
    handled.set(key, time);
  }

  return {
    get last() {
      return notes.next - 1;
    },
    add({ data, ...note }) {
      const at = note.outcome === "duplicate" ? handledAt(note) : undefined;
      const seq = notes.next;
      notes.push({ ...note, seq, ...(at !== undefined && { handledAt: at }) });
      if (data !== undefined) events.push({ seq, data });
      if (note.outcome === "handled") remember(note);
      for (const wake of waiting) wake();
    },
    list({ since, type, id }) {
      const held = new Map(
        events.after(0).map(({ seq, data }) => [seq, data]),
      );
      return notes.after(since).filter((note) =>
        (type === undefined || note.type === type) &&
        (id === undefined || note.id === id)
      ).map((note) => {
        const data = held.get(note.seq);
        return data === undefined ? note : { ...note, data };
      });
    },
    more(signal) {
      return new Promise((resolve) => {
        const done = () => {
          waiting.delete(done);
          signal.removeEventListener("abort", done);
          resolve();
        };
        if (signal.aborted) return resolve();
        waiting.add(done);
        signal.addEventListener("abort", done);
      });
    },
  };
}
