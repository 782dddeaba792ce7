/**
 * The pipe: all policies around every handler, in their only order. The service
 * and the test kit use it.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import type { DeadLetterSink } from "../core/dead_letter.ts";
import type { Middleware } from "../core/dispatcher.ts";
import { type Concurrency, createConcurrency } from "./concurrency.ts";
import { deadLetter, type DeadLetterOptions } from "./dead_letter.ts";
import { deadline } from "./deadline.ts";
import { filter } from "./filter.ts";
import { createIdempotency, type IdempotencyOptions } from "./idempotency.ts";
import { namespace } from "./namespace.ts";
import { observe, type ObserveOptions } from "./observe.ts";

/** Options of {@linkcode createPipe}. */
export interface PipeOptions {
  /** The settings of the policies. */
  readonly config: {
    /** The namespace of this app. */
    readonly namespace: string;
    /** Events handled concurrently. */
    readonly maxConcurrency: number;
    /** Events that may be queued. */
    readonly maxQueue: number;
    /** Time limit for one event, in milliseconds. */
    readonly handlerTimeout: number;
    /** How long events are remembered, in milliseconds. */
    readonly idempotencyTtl: number;
    /** Longest lease of a claim, in milliseconds. */
    readonly idempotencyLease: number;
    /** Counted failures until an event becomes a dead letter; 0: never. */
    readonly maxAttempts: number;
  };
  /** Logs each event's line. */
  readonly log: Logger;
  /** Whether payloads are logged, redacted. @default {false} */
  readonly logsPayloads?: boolean;
  /** Called when an event has ended. */
  readonly onEnded?: ObserveOptions["onEnded"];
  /** Runs each event in a span. @default {no traces} */
  readonly trace?: Middleware;
  /** The store of handled events. @default {none} */
  readonly store?: IdempotencyOptions["store"] | undefined;
  /** Logs problems with the store. @default {`log`} */
  readonly storeLog?: Logger;
  /** The destination of dead letters. */
  readonly letters: DeadLetterSink;
  /** Called for each dead letter. */
  readonly onLetter?: DeadLetterOptions["onLetter"];
}

/** The policies in order. Disposing stops their background work. */
export interface Pipe extends Disposable {
  /** For `createApp()`, outermost first. */
  readonly middleware: readonly Middleware[];
  /** The concurrency limit and its use. */
  readonly concurrency: Concurrency;
  /** Updates the store once the app is drained. Ends with the signal. */
  drain(signal: AbortSignal): Promise<void>;
}

/**
 * Puts the policies in order. The reason for each position:
 *
 * 1. `observe` sees what every other policy decided.
 * 2. The span covers everything inside.
 * 3. `namespace`: other apps' events take no place.
 * 4. `concurrency`: waiting counts towards the caller's deadline, not the
 * handler's.
 * 5. `deadline` bounds everything inside.
 * 6. `filter`: excluded events need no claim.
 * 7. `idempotency` claims the events that run.
 * 8. `dead letter` is written before the event is marked as one.
 */
export function createPipe(options: PipeOptions): Pipe {
  const { config, log, store, storeLog = log, trace } = options;
  const concurrency = createConcurrency({
    limit: config.maxConcurrency,
    queueLimit: config.maxQueue,
  });
  const idempotency = store && createIdempotency({
    store,
    ttl: config.idempotencyTtl,
    lease: config.idempotencyLease,
    maxAttempts: config.maxAttempts,
    log: storeLog,
  });
  const middleware = [
    observe({
      log,
      logsPayloads: options.logsPayloads ?? false,
      ...(options.onEnded && { onEnded: options.onEnded }),
    }),
    ...(trace === undefined ? [] : [trace]),
    namespace(config.namespace),
    concurrency.middleware,
    deadline({ timeout: config.handlerTimeout }),
    filter(),
    ...(idempotency === undefined ? [] : [idempotency.middleware]),
    deadLetter({
      sink: options.letters,
      ...(options.onLetter && { onLetter: options.onLetter }),
    }),
  ];
  return {
    middleware,
    concurrency,
    async drain(signal) {
      await idempotency?.drain(signal);
    },
    [Symbol.dispose]() {
      idempotency?.[Symbol.dispose]();
    },
  };
}
