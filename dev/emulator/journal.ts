/**
 * What the emulator has seen and granted. The logs are bounded; the counters
 * are exact. Headers and bodies that carry credentials never get here.
 *
 * @module
 */

import { createRing } from "./ring.ts";

/** Requests kept; older ones are forgotten. */
export const MAX_JOURNAL_REQUESTS = 10_000;
/** Grants kept; older ones are forgotten, but stay counted. */
export const MAX_JOURNAL_GRANTS = 10_000;

/** One request, once it is known how it ends. */
export interface JournalRequest {
  /** Number of the request, from 1. */
  readonly seq: number;
  /** When it arrived, in milliseconds since the epoch. */
  readonly time: number;
  /** HTTP method. */
  readonly method: string;
  /** Path as sent, without the query string. */
  readonly path: string;
  /** OpenAPI path of the operation; absent when no route took the request. */
  readonly route?: string;
  /** Status answered, or `null` when no answer left the emulator. */
  readonly status: number | null;
  /** Player named in the path. */
  readonly userId?: string;
  /** Trace headers (W3C and B3) and user agent, as far as sent. */
  readonly headers: Readonly<Record<string, string>>;
  /** Body of a grant as sent, if it was JSON of at most 4096 characters. */
  readonly body?: unknown;
  /** Kinds of the faults that were applied. */
  readonly faults?: readonly string[];
}

/** One accepted grant of one item. */
export interface JournalGrant {
  /** Number of the grant, from 1. */
  readonly seq: number;
  /** When it was granted, in milliseconds since the epoch. */
  readonly time: number;
  /** Player who got it. */
  readonly userId: string;
  /** Item granted. */
  readonly itemId: string;
  /** How many at once. */
  readonly quantity: number;
  /** Operation that granted it. */
  readonly api: "v1" | "v3";
  /** Transaction identifier; v3 only. */
  readonly transactionId?: string;
}

/** Totals since the start, the last clear or the last reset. */
export interface JournalCounters {
  /** Requests, faulted ones included; those to the emulator itself are not. */
  readonly requests: number;
  /** Accepted grants. */
  readonly grants: number;
  /** Requests by status; `none` for those left without an answer. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** Requests by method and OpenAPI path; `unmatched` for all others. */
  readonly byRoute: Readonly<Record<string, number>>;
}

/** Read side of the journal, for tests. */
export interface Journal {
  /** Totals; a copy. */
  readonly counters: JournalCounters;
  /** Requests numbered above `since` that are still held, oldest first. */
  requests(since?: number): JournalRequest[];
  /** Grants that are still held, oldest first. */
  grants(
    filter?: {
      /** Only this player's. */
      readonly userId?: string;
      /** Only those numbered above this. */
      readonly since?: number;
    },
  ): JournalGrant[];
  /** Forgets requests, grants and totals. What players own stays. */
  clear(): void;
  /**
   * Waits until `count` requests are in the totals.
   *
   * @throws The signal's reason, if it ends first.
   */
  seen(count: number, options: { readonly signal: AbortSignal }): Promise<void>;
}

/** Write side of the journal, for the emulator's own use. */
export interface JournalWriter extends Journal {
  /** Notes a request; `text` is the body to keep, if any. */
  addRequest(
    request: Omit<JournalRequest, "body" | "seq">,
    text: string | undefined,
  ): void;
  /** Notes a grant. */
  addGrant(grant: Omit<JournalGrant, "seq">): void;
  /** Number of the latest request; 0 before the first. */
  readonly lastRequest: number;
  /** Number of the latest grant; 0 before the first. */
  readonly lastGrant: number;
}

/** Longest request body kept, in characters. */
const MAX_BODY = 4096;

/** A request as held: its body is parsed when somebody asks for it. */
interface HeldRequest {
  readonly request: Omit<JournalRequest, "body">;
  readonly text: string | undefined;
}

interface Waiter {
  readonly count: number;
  readonly resolve: () => void;
}

/** Creates an empty journal. */
export function createJournal(): JournalWriter {
  const requests = createRing<HeldRequest>(MAX_JOURNAL_REQUESTS);
  const grants = createRing<JournalGrant>(MAX_JOURNAL_GRANTS);
  const byStatus = new Map<string, number>();
  const byRoute = new Map<string, number>();
  const waiters = new Set<Waiter>();
  const totals = { requests: 0, grants: 0 };

  function wake(): void {
    for (const waiter of waiters) {
      if (totals.requests < waiter.count) continue;
      waiters.delete(waiter);
      waiter.resolve();
    }
  }

  return {
    get counters() {
      return {
        ...totals,
        byStatus: Object.fromEntries(byStatus),
        byRoute: Object.fromEntries(byRoute),
      };
    },
    get lastRequest() {
      return requests.next - 1;
    },
    get lastGrant() {
      return grants.next - 1;
    },
    requests: (since = 0) => requests.after(since).map(parseBody),
    grants({ userId, since = 0 } = {}) {
      const held = grants.after(since);
      return userId === undefined
        ? held
        : held.filter((grant) => grant.userId === userId);
    },
    addRequest(request, text) {
      requests.push({
        request: { seq: requests.next, ...request },
        text: text !== undefined && text.length <= MAX_BODY ? text : undefined,
      });
      totals.requests++;
      increment(byStatus, String(request.status ?? "none"));
      const { method, route } = request;
      increment(byRoute, route ? `${method} ${route}` : "unmatched");
      if (waiters.size > 0) wake();
    },
    addGrant(grant) {
      grants.push({ seq: grants.next, ...grant });
      totals.grants++;
    },
    clear() {
      requests.clear();
      grants.clear();
      byStatus.clear();
      byRoute.clear();
      totals.requests = 0;
      totals.grants = 0;
    },
    seen(count, { signal }) {
      if (totals.requests >= count) return Promise.resolve();
      if (signal.aborted) return Promise.reject(signal.reason);
      return new Promise((resolve, reject) => {
        const abandon = () => {
          waiters.delete(waiter);
          reject(signal.reason);
        };
        const waiter: Waiter = {
          count,
          resolve: () => {
            signal.removeEventListener("abort", abandon);
            resolve();
          },
        };
        waiters.add(waiter);
        signal.addEventListener("abort", abandon, { once: true });
      });
    },
  };
}

function parseBody({ request, text }: HeldRequest): JournalRequest {
  if (!text) return request;
  try {
    return { ...request, body: JSON.parse(text) };
  } catch {
    // Not JSON: the status says so already.
    return request;
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
