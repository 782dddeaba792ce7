/**
 * The pipe: every policy around every handler, in the one order that there is. The
 * service and the test kit use it.
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
  /** The settings that policies have. */
  readonly config: {
    /** The namespace this app runs for. */
    readonly namespace: string;
    /** Events handled at once. */
    readonly maxConcurrency: number;
    /** Events that wait for their turn. */
    readonly maxQueue: number;
    /** Time for one event, in milliseconds. */
    readonly handlerTimeout: number;
    /** How long events are remembered, in milliseconds. */
    readonly idempotencyTtl: number;
    /** Longest lease of a claim, in milliseconds. */
    readonly idempotencyLease: number;
    /** Failures that count until an event is set aside; 0: never. */
    readonly maxAttempts: number;
  };
  /** Where each event's line goes. */
  readonly log: Logger;
  /** Whether payloads are logged, redacted. @default {false} */
  readonly logsPayloads?: boolean;
  /** Told of each event that has ended. */
  readonly onEnded?: ObserveOptions["onEnded"];
  /** Runs each event within a span. @default {there are no traces} */
  readonly trace?: Middleware;
  /** What remembers which events are done. @default {nothing does} */
  readonly store?: IdempotencyOptions["store"] | undefined;
  /** Where trouble with the store is reported. @default {`log`} */
  readonly storeLog?: Logger;
  /** Where dead letters go. */
  readonly letters: DeadLetterSink;
  /** Told of each dead letter. */
  readonly onLetter?: DeadLetterOptions["onLetter"];
}

/** The policies, put in order. Disposing stops what they do by themselves. */
export interface Pipe extends Disposable {
  /** For `createApp()`, outermost first. */
  readonly middleware: readonly Middleware[];
  /** How many events are handled, and wait. */
  readonly concurrency: Concurrency;
  /**
   * Tells the store what it does not know yet, once the app is drained. Ends with the
   * signal.
   */
  drain(signal: AbortSignal): Promise<void>;
}

/**
 * Puts the policies in order. Each stands where it does for a reason:
 *
 * 1. `observe` sees what every other policy decided.
 * 2. The span covers all of it.
 * 3. `namespace` costs other apps' events no place.
 * 4. `concurrency` has waiting count towards the caller's time, not the handler's.
 * 5. `deadline` lets nothing that is inside take longer.
 * 6. `filter` costs what is not wanted no claim.
 * 7. `idempotency` claims what is to be run.
 * 8. `dead letter` is written before the event is marked as set aside.
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
