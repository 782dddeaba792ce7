/**
 * The errors that a handler throws to say whether a retry can help.
 *
 * @module
 */

import { peerDelay } from "./peer_delay.ts";

/**
 * What is wrong when a retry cannot help: the event itself, or the state it
 * encounters (an item that does not exist, a closed wallet).
 */
export type Fault = "event" | "state";

/** Options of {@linkcode EventError}. */
export interface EventErrorOptions extends ErrorOptions {
  /** Whether the same event can succeed later. */
  readonly retryable: boolean;
  /** What is wrong, for errors that are not retryable. @default {"event"} */
  readonly fault?: Fault;
  /**
   * How long to wait before the next attempt, in milliseconds, at most a
   * minute. Invalid waits are ignored ({@linkcode peerDelay}).
   */
  readonly retryAfter?: number | undefined;
  /**
   * Whether the failure would hit any event, such as a failed login. It then
   * counts towards `MAX_ATTEMPTS` at most once an hour, whatever else is
   * handled meanwhile.
   *
   * @default {false}
   */
  readonly isOutage?: boolean | undefined;
}

/**
 * An error that says whether its event can succeed later. Any other error that
 * a handler throws counts as a bug: it is reported as one, and the event is
 * delivered again.
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
  /** Whether the failure would hit any event. */
  readonly isOutage: boolean;

  /** Creates the error; `cause` keeps the underlying error. */
  constructor(message: string, options: EventErrorOptions) {
    const { cause } = options;
    super(message, cause === undefined ? {} : { cause });
    this.retryable = options.retryable;
    this.fault = options.fault ?? "event";
    this.retryAfter = peerDelay(options.retryAfter);
    this.isOutage = options.isOutage ?? false;
  }
}

/** Options of {@linkcode TerminalError}. */
export interface TerminalErrorOptions extends ErrorOptions {
  /**
   * `"event"`: the event is bad (answered INVALID_ARGUMENT). `"state"`: the
   * event is fine, but the state it needs is not there (answered
   * FAILED_PRECONDITION).
   *
   * @default {"event"}
   */
  readonly fault?: Fault;
}

/**
 * This event can never succeed and must not be delivered again.
 *
 * @example An invalid payload
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

  /** Creates the error; `cause` keeps the underlying error. */
  constructor(message: string, options: TerminalErrorOptions = {}) {
    super(message, { ...options, retryable: false });
  }
}

/** Options of {@linkcode RetryableError}. */
export interface RetryableErrorOptions extends ErrorOptions {
  /**
   * How long to wait before the next attempt, in milliseconds, at most a
   * minute. Passed on to the caller.
   */
  readonly retryAfter?: number;
  /**
   * Whether the failure would hit any event, such as the failed login of
   * another service. It then counts towards `MAX_ATTEMPTS` at most once an
   * hour.
   *
   * @default {false}
   */
  readonly isOutage?: boolean;
}

/** This event failed now but can succeed later: deliver it again. */
export class RetryableError extends EventError {
  /** What logs call it. */
  override name = "RetryableError";

  /** Creates the error; `cause` keeps the underlying error. */
  constructor(message: string, options: RetryableErrorOptions = {}) {
    super(message, { ...options, retryable: true });
  }
}

/**
 * The event's deadline passed: the earlier of the caller's deadline and
 * `HANDLER_TIMEOUT`.
 */
export class DeadlineError extends RetryableError {
  /** What logs call it. */
  override name = "DeadlineError";
}

/** The caller disconnected before it had an answer. */
export class CancelledError extends RetryableError {
  /** What logs call it. */
  override name = "CancelledError";
}

/** The service is shutting down. */
export class ShutdownError extends RetryableError {
  /** What logs call it. */
  override name = "ShutdownError";
}

/** Why an event was not read. */
export type Unreadable = "too_large" | "unreadable";

/** Options of {@linkcode UnreadableError}. */
export interface UnreadableErrorOptions extends ErrorOptions {
  /** The reason. */
  readonly why: Unreadable;
}

/**
 * The current settings do not allow reading the message: it is too large, or
 * compressed with an unknown algorithm. Other settings may, so it is delivered
 * again, up to `MAX_ATTEMPTS` times.
 */
export class UnreadableError extends EventError {
  /** What logs call it. */
  override name = "UnreadableError";
  /** The reason. */
  readonly why: Unreadable;

  /** Creates the error; `cause` keeps the underlying error. */
  constructor(message: string, options: UnreadableErrorOptions) {
    super(message, { ...options, retryable: true });
    this.why = options.why;
  }
}

/** The event failed `MAX_ATTEMPTS` times and does not run again. */
export class ExhaustedError extends TerminalError {
  /** What logs call it. */
  override name = "ExhaustedError";

  /** Creates the error; `cause` keeps the underlying error. */
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, fault: "state" });
  }
}

/**
 * The service cannot start. The message tells a person at a terminal what is
 * wrong and what to do, without a stack.
 */
export class StartError extends Error {
  /** What logs call it. */
  override name = "StartError";
}

/**
 * The app is composed incorrectly: reported at start, before any port opens.
 */
export class AppError extends StartError {
  /** What logs call it. */
  override name = "AppError";
}
