/**
 * The errors a handler throws to say whether trying again can help.
 *
 * @module
 */

import { peerDelay } from "./peer_delay.ts";

/**
 * What is wrong when trying again cannot help: the event itself, or the state of
 * the world it meets (an item that does not exist, a closed wallet).
 */
export type Fault = "event" | "state";

/** Options of {@linkcode EventError}. */
export interface EventErrorOptions extends ErrorOptions {
  /** Whether the same event can succeed later. */
  readonly retryable: boolean;
  /** What is wrong, for errors that are not retryable. @default {"event"} */
  readonly fault?: Fault;
  /**
   * How long to wait before the next attempt, in milliseconds: a minute at most, and
   * nothing is said by what is no wait ({@linkcode peerDelay}).
   */
  readonly retryAfter?: number;
  /**
   * Whether what failed is what any event would have met, such as a login: counted
   * towards `MAX_ATTEMPTS` once an hour at most, whatever else is handled meanwhile.
   *
   * @default {false}
   */
  readonly isOutage?: boolean;
}

/**
 * An error that knows whether its event can succeed later. Anything else that a
 * handler throws counts as a bug: it is reported as such, and redelivered.
 */
export class EventError extends Error {
  /** What logs call it. */
  override name = "EventError";
  /** Whether the same event can succeed later. */
  readonly retryable: boolean;
  /** What is wrong, for errors that are not retryable. */
  readonly fault: Fault;
  /** How long to wait before the next attempt, in milliseconds: 0 to 60,000. */
  readonly retryAfter: number | undefined;
  /** Whether any event would have met what failed. */
  readonly isOutage: boolean;

  /** Creates the error; `cause` keeps what led to it. */
  constructor(message: string, options: EventErrorOptions) {
    super(message, options);
    this.retryable = options.retryable;
    this.fault = options.fault ?? "event";
    this.retryAfter = peerDelay(options.retryAfter);
    this.isOutage = options.isOutage ?? false;
  }
}

/** Options of {@linkcode TerminalError}. */
export interface TerminalErrorOptions extends ErrorOptions {
  /**
   * `"event"`: the event is bad (answered INVALID_ARGUMENT). `"state"`: the event
   * is fine, the world is not (answered FAILED_PRECONDITION).
   *
   * @default {"event"}
   */
  readonly fault?: Fault;
}

/**
 * This event will never work: it is not to be delivered again.
 *
 * @example A payload that makes no sense
 * ```ts
 * import { TerminalError } from "./errors.ts";
 *
 * export function checkAmount(amount: number): void {
 *   if (amount < 0) throw new TerminalError(`Amount is negative: ${amount}`);
 * }
 * ```
 */
export class TerminalError extends EventError {
  /** What logs call it. */
  override name = "TerminalError";

  /** Creates the error; `cause` keeps what led to it. */
  constructor(message: string, options: TerminalErrorOptions = {}) {
    super(message, { ...options, retryable: false });
  }
}

/** Options of {@linkcode RetryableError}. */
export interface RetryableErrorOptions extends ErrorOptions {
  /**
   * How long to wait before the next attempt, in milliseconds: a minute at most.
   * Passed on to the caller.
   */
  readonly retryAfter?: number;
  /**
   * Whether what failed is what any event would have met, such as the login of
   * another service: counted towards `MAX_ATTEMPTS` once an hour at most.
   *
   * @default {false}
   */
  readonly isOutage?: boolean;
}

/** This event did not work now, and can later: it is to be delivered again. */
export class RetryableError extends EventError {
  /** What logs call it. */
  override name = "RetryableError";

  /** Creates the error; `cause` keeps what led to it. */
  constructor(message: string, options: RetryableErrorOptions = {}) {
    super(message, { ...options, retryable: true });
  }
}

/** The event's time is up: the earlier of the caller's deadline and `HANDLER_TIMEOUT`. */
export class DeadlineError extends RetryableError {
  /** What logs call it. */
  override name = "DeadlineError";
}

/** The caller went away before it had an answer. */
export class CancelledError extends RetryableError {
  /** What logs call it. */
  override name = "CancelledError";
}

/** The service is shutting down. */
export class ShutdownError extends RetryableError {
  /** What logs call it. */
  override name = "ShutdownError";
}

/** Why an event is not read. */
export type Unreadable = "too_large" | "unreadable";

/** Options of {@linkcode UnreadableError}. */
export interface UnreadableErrorOptions extends ErrorOptions {
  /** Why. */
  readonly why: Unreadable;
}

/**
 * The service, as it is set, does not read what arrived: it is larger than allowed, or
 * compressed in a way that is not known here. Another setting may, so it is delivered
 * again, but not for ever: each time counts (`MAX_ATTEMPTS`).
 */
export class UnreadableError extends EventError {
  /** What logs call it. */
  override name = "UnreadableError";
  /** Why. */
  readonly why: Unreadable;

  /** Creates the error; `cause` keeps what led to it. */
  constructor(message: string, options: UnreadableErrorOptions) {
    super(message, { ...options, retryable: true });
    this.why = options.why;
  }
}

/** The event failed as often as it may (`MAX_ATTEMPTS`): it is not run again. */
export class ExhaustedError extends TerminalError {
  /** What logs call it. */
  override name = "ExhaustedError";

  /** Creates the error; `cause` keeps what led to it. */
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, fault: "state" });
  }
}

/**
 * The service cannot start. The message says to a person at a terminal what is wrong,
 * and what to do: no stack is needed to understand it.
 */
export class StartError extends Error {
  /** What logs call it. */
  override name = "StartError";
}

/** The app was put together wrongly: reported at start-up, before any port opens. */
export class AppError extends StartError {
  /** What logs call it. */
  override name = "AppError";
}
