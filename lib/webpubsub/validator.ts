/**
 * Decides which requests are taken.
 *
 * @module
 */

import type { RequestContext } from "./request_context.ts";

/** Decides which requests are taken. */
export interface RequestValidator {
  /**
   * Whether a service may register this upstream: the answer to its preflight.
   *
   * @param origin The host, in lower case.
   */
  allowsOrigin(origin: string): boolean;
  /**
   * Whether an event is genuine.
   *
   * @throws It cannot be told now: the event is answered 503, and comes again.
   */
  validate(
    context: RequestContext,
    signal?: AbortSignal,
  ): boolean | Promise<boolean>;
}

/** Takes what all validators take: an access key and a bearer token, say. */
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

/** Takes what any of the validators takes: while changing from keys to tokens, say. */
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

/** `every` of nothing is true: a list that came out empty must not take everything. */
function requireSome(validators: readonly RequestValidator[]): void {
  if (validators.length === 0) {
    throw new TypeError("Cannot combine no validators: expected at least one");
  }
}
