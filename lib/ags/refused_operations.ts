/**
 * Pauses operations that are refused for reasons outside the event.
 *
 * @module
 */

import { createBoundedMap } from "../core/bounded_map.ts";
import { type Breaker, type BreakerOptions, createBreaker } from "./breaker.ts";
import { AgsError } from "./errors.ts";

/**
 * Who refuses: AGS, because it does not know the client (any more) or the
 * client lacks a permission; or a proxy in front of AGS.
 */
export type RefusedBy = "client" | "permission" | "proxy";

/** A refused operation. */
export interface RefusedOperation {
  /** `METHOD /route`, without values. */
  readonly name: string;
  /** Who refuses it. */
  readonly by: RefusedBy;
  /** The error. */
  readonly error: AgsError;
}

/** Options of {@linkcode createRefusedOperations}. */
export interface RefusedOperationsOptions {
  /** When to pause an operation. */
  readonly breaker?: BreakerOptions | undefined;
  /** Called for every refusal. */
  readonly onRefused?: ((refused: RefusedOperation) => void) | undefined;
  /**
   * Called for the first refusal of an operation, then once a minute while it
   * continues.
   */
  readonly onTold?: ((refused: RefusedOperation) => void) | undefined;
}

/** One admitted request. `end` is called when the request has ended. */
export interface Turn {
  /** It ended. `error`: it failed. */
  end(error?: unknown): void;
}

/** A breaker per refused operation, in addition to the one for all of AGS. */
export interface RefusedOperations {
  /**
   * Asks for permission to send a request.
   *
   * @throws {AgsError} Its operation was just refused several times in a row.
   */
  enter(name: string): Turn;
  /** Reports a refusal of the login, which has its own pauses. */
  tell(refused: RefusedOperation): void;
}

/**
 * The most operations to remember; a handler may put a value into each name.
 */
const MAX_OPERATIONS = 1_000;

/** The interval between two reports of an operation, in milliseconds. */
const TELL_INTERVAL = 60_000;

interface Operation {
  readonly breaker: Breaker;
  refused: RefusedOperation;
  toldAt: number;
}

/**
 * Creates the breakers. An operation whose permission is missing, or that a
 * proxy answers in AGS's place, fails every event that needs it, and each of
 * them is delivered again: without a pause it would use up the studio's rate
 * limit. Each operation has its own breaker, so that the others do not suffer.
 */
export function createRefusedOperations(
  options: RefusedOperationsOptions = {},
): RefusedOperations {
  const { breaker: how = {} } = options;
  const now = how.now ?? (() => performance.now());
  const operations = createBoundedMap<Operation>(MAX_OPERATIONS);

  function refuse(refused: RefusedOperation): Operation {
    const { name } = refused;
    const operation = operations.get(name) ?? {
      breaker: createBreaker({ ...how, onChanged: () => {} }),
      refused,
      toldAt: -Infinity,
    };
    // The operation refused last is forgotten last.
    operations.delete(name);
    operations.set(name, operation);
    operation.refused = refused;
    return operation;
  }

  function tell(operation: Operation): void {
    const { refused } = operation;
    options.onRefused?.(refused);
    const at = now();
    if (at - operation.toldAt < TELL_INTERVAL) return;
    operation.toldAt = at;
    options.onTold?.(refused);
  }

  return {
    tell: (refused) => tell(refuse(refused)),
    enter(name) {
      const entered = operations.get(name);
      const wait = entered?.breaker.enter() ?? 0;
      if (entered !== undefined && wait > 0) throw notAsked(entered, wait);
      return {
        end(error) {
          const by = refusedBy(error);
          if (by !== undefined) {
            const operation = refuse({ name, by, error: error as AgsError });
            // Refused for the first time, or again after it was forgotten.
            const isCounted = operation === entered ||
              operation.breaker.enter() === 0;
            if (isCounted) operation.breaker.failed();
            tell(operation);
          } else if (entered === undefined) return;
          else if (error === undefined || isAnswer(error)) {
            entered.breaker.succeeded();
            operations.delete(name);
          } else entered.breaker.abandoned();
        },
      };
    },
  };
}

/** Who refused, if an immediate retry cannot help any event. */
function refusedBy(error: unknown): RefusedBy | undefined {
  if (!(error instanceof AgsError)) return undefined;
  const { status = 0, isForeign, isOutage } = error;
  if (status === 403 && isOutage) return "permission";
  // Other statuses get retries: the server is slow, busy or unreachable.
  const isRefusal = status >= 400 && status < 500 && status !== 401 &&
    status !== 408 && status !== 429;
  return isForeign && isRefusal ? "proxy" : undefined;
}

/** Whether AGS itself has answered, with whatever status. */
function isAnswer(error: unknown): boolean {
  return error instanceof AgsError && error.status !== undefined &&
    !error.isForeign;
}

function notAsked({ refused }: Operation, wait: number): AgsError {
  const { error, name } = refused;
  return new AgsError(
    `${name} is paused: it was refused several times in a row, last with: ${error.message}`,
    {
      status: error.status,
      errorCode: error.errorCode,
      errorMessage: error.errorMessage,
      isForeign: error.isForeign,
      retryable: true,
      isOutage: true,
      isUnsent: true,
      retryAfter: Math.ceil(wait),
      cause: error,
    },
  );
}
