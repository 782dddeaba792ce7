/**
 * Sends requests to the addresses of a host, if they are allowed.
 *
 * @module
 */

import { findAddresses, resolveBySystem } from "./_addresses.ts";
import type { ApiDestinationOptions } from "./destination.ts";
import {
  exchange,
  type ExchangeAnswer,
  type ExchangeRequest,
} from "./_exchange.ts";

/** Sends a request to the first reachable address of the host. */
export type Reach = (
  request: Omit<ExchangeRequest, "address" | "ca">,
) => Promise<ExchangeAnswer>;

/** Creates a sender. */
export function createReach(options: ApiDestinationOptions): Reach {
  const { allowPrivateAddresses = false, resolve = resolveBySystem, ca } =
    options;
  return async (request) => {
    const addresses = await findAddresses(request.url, {
      isPrivateAllowed: allowPrivateAddresses,
      resolve,
      signal: request.signal,
    });
    let failure: unknown;
    for (const address of addresses) {
      try {
        return await exchange({ ...request, address, ca });
      } catch (error) {
        if (!isUnsent(error)) throw error;
        failure = error;
      }
    }
    throw failure;
  };
}

/** Whether the request certainly did not arrive. */
function isUnsent(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return code === "ECONNREFUSED" || code === "ENETUNREACH" ||
    code === "EHOSTUNREACH";
}
