/**
 * Stops asking for what is refused for reasons that no event can mend.
 *
 * @module
 */

import { type Breaker, type BreakerOptions, createBreaker } from "./breaker.ts";
import { AgsError } from "./errors.ts";

/**
 * What refuses: AGS, as it does not know the client (any more) or as the client lacks
 * a permission; or a proxy before AGS.
 */
export type RefusedBy = "client" | "permission" | "proxy";

/** An operation that is refused. */
export interface RefusedOperation {
  /** `METHOD /route`, without the values. */
  readonly name: string;
  /** What refuses it. */
  readonly by: RefusedBy;
  /** In which words. */
  readonly error: AgsError;
}

/** Options of {@linkcode createRefusedOperations}. */
export interface RefusedOperationsOptions {
  /** When to stop asking for an operation. */
  readonly breaker?: BreakerOptions | undefined;
  /** Told of every refusal. */
  readonly onRefused?: ((refused: RefusedOperation) => void) | undefined;
  /** Told of the first one of an operation, and once a minute while it goes on. */
  readonly onTold?: ((refused: RefusedOperation) => void) | undefined;
}

/** One request's turn. One of its methods is called when the request has ended. */
export interface Turn {
  /** It ended. `error`: without a success. */
  end(error?: unknown): void;
}

/** A breaker for each operation that is refused, beside the one for all of AGS. */
export interface RefusedOperations {
  /**
   * Asks to send a request.
   *
   * @throws {AgsError} Its operation was refused several times in a row just now.
   */
  enter(name: string): Turn;
  /** Tells of a refusal of what has its own pauses, the login. */
  tell(refused: RefusedOperation): void;
}

/** Operations that are remembered; a handler may write a value into each name. */
const MAX_OPERATIONS = 1_000;

/** Between two times that an operation is told of, in milliseconds. */
const TELL_INTERVAL = 60_000;

interface Operation {
  readonly breaker: Breaker;
  refused: RefusedOperation;
  toldAt: number;
}

/**
 * Creates the breakers. An operation whose permission is missing, or that a proxy
 * answers in AGS's place, fails every event that needs it, and each of them comes
 * again: asked for all the time, it would use up the requests that the studio has. The
 * others are not to suffer for it, so that each operation has a breaker of its own.
 */
export function createRefusedOperations(
  options: RefusedOperationsOptions = {},
): RefusedOperations {
  const { breaker: how = {} } = options;
  const now = how.now ?? (() => performance.now());
  const operations = new Map<string, Operation>();

  function refuse(refused: RefusedOperation): Operation {
    const { name } = refused;
    const operation = operations.get(name) ?? {
      breaker: createBreaker({ ...how, onChanged: () => {} }),
      refused,
      toldAt: -Infinity,
    };
    // The last one refused is the last one to be forgotten.
    operations.delete(name);
    const [oldest] = operations.keys();
    if (operations.size >= MAX_OPERATIONS && oldest !== undefined) {
      operations.delete(oldest);
    }
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
            // Refused for the first time, or while it was forgotten.
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

/** Who refused, where asking again at once is of no use to any event. */
function refusedBy(error: unknown): RefusedBy | undefined {
  if (!(error instanceof AgsError)) return undefined;
  const { status = 0, isForeign, isOutage } = error;
  if (status === 403 && isOutage) return "permission";
  // Others of these are waited for: the server is slow, busy or not there.
  const isRefusal = status >= 400 && status < 500 && status !== 401 &&
    status !== 408 && status !== 429;
  return isForeign && isRefusal ? "proxy" : undefined;
}

/** Whether AGS itself has answered, whatever it said. */
function isAnswer(error: unknown): boolean {
  return error instanceof AgsError && error.status !== undefined &&
    !error.isForeign;
}

function notAsked({ refused }: Operation, wait: number): AgsError {
  const { error, name } = refused;
  return new AgsError(
    `${name} is not asked for: it was refused several times in a row, last with: ${error.message}`,
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
