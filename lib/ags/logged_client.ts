/**
 * The AGS client whose trouble is said in the log.
 *
 * @module
 */

import type { Logger } from "../core/context.ts";
import {
  type AgsClient,
  type AgsClientOptions,
  createAgsClient,
} from "./client.ts";
import type { RefusedBy } from "./refused_operations.ts";

/** What the log says of refusals that no event can mend, and an operator can. */
const REFUSED: Readonly<Record<RefusedBy, string>> = {
  client: "AGS client may not log in: events wait until it may",
  permission: "AGS client lacks a permission: events that need it wait for it",
  proxy: "AGS cannot be reached: something before it answers in its place",
};

/**
 * Creates the client.
 *
 * @param log Where it is said that a token is not refreshed, or an operation refused.
 * @param options Those of `createAgsClient()`.
 */
export function createLoggedClient(
  log: Logger,
  options: Omit<AgsClientOptions, "onRefreshFailed" | "onRefused">,
): AgsClient {
  return createAgsClient({
    ...options,
    onRefreshFailed: (error) =>
      log.warn("AGS token could not be refreshed", { error }),
    onRefused: ({ name: operation, by, error }) =>
      log.error(REFUSED[by], { operation, error }),
  });
}
