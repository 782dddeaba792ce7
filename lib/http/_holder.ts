/**
 * One memory bound for the bodies of all requests and answers.
 *
 * @module
 */

import { HttpProblem } from "../core/http.ts";
import type { Holding } from "./_body.ts";

/** The memory in use. */
export interface Holder {
  /** In bytes. */
  readonly held: number;
  /** A part of it, which can grow, and is released as one. */
  hold(): Holding & Disposable;
}

/**
 * Creates the bound.
 *
 * @param limit In bytes.
 */
export function createHolder(limit: number): Holder {
  let held = 0;
  return {
    get held() {
      return held;
    },
    hold() {
      let own = 0;
      return {
        take(bytes) {
          if (held + bytes > limit) {
            throw new HttpProblem(503, "No memory for more bodies");
          }
          own += bytes;
          held += bytes;
        },
        [Symbol.dispose]() {
          held -= own;
          own = 0;
        },
      };
    },
  };
}
