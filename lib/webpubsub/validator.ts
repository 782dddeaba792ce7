/**
 * Authenticates requests.
 *
 * @module
 */

import type { RequestContext } from "./request_context.ts";

/** Authenticates requests. */
export interface RequestValidator {
  /**
   * Whether a service may register this upstream: the answer to its preflight.
   *
   * @param origin The host, in lower case.
   */
  allowsOrigin(origin: string): boolean;
  /**
   * Whether an event is authentic.
   *
   * @throws It cannot be decided now: the event is answered 503 and delivered
   * again.
   */
  validate(
    context: RequestContext,
    signal?: AbortSignal,
  ): boolean | Promise<boolean>;
}

/**
 * Accepts what all validators accept: for example an access key and a bearer
 * token.
 */
export function allOf(
  ...validators: readonly RequestValidator[]
): RequestValidator {
  requireSome(validators);
  return {
    allowsOrigin: (origin) =>
      validators.every((each) => each.allowsOrigin(origin)),
    async validate(context, signal) {
      for (const each of validators) {
        if (!await each.validate(context, signal)) return false;
      }
      return true;
    },
  };
}

/**
 * Accepts what any of the validators accepts: for example while migrating from
 * keys to tokens.
 */
export function anyOf(
  ...validators: readonly RequestValidator[]
): RequestValidator {
  requireSome(validators);
  return {
    allowsOrigin: (origin) =>
      validators.some((each) => each.allowsOrigin(origin)),
    async validate(context, signal) {
      const failures: unknown[] = [];
      for (const each of validators) {
        try {
          if (await each.validate(context, signal)) return true;
        } catch (error) {
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
      return false;
    },
  };
}

/**
 * `every` of an empty list is true, but an empty list must not accept
 * everything.
 */
function requireSome(validators: readonly RequestValidator[]): void {
  if (validators.length === 0) {
    throw new TypeError("Cannot combine no validators: expected at least one");
  }
}
