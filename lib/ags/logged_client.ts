/**
 * The AGS client with logging of its problems.
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

/** Log messages for refusals that an operator can fix. */
const REFUSED: Readonly<Record<RefusedBy, string>> = {
  client: "AGS client may not log in: events wait until it may",
  permission: "AGS client lacks a permission: events that need it are waiting",
  proxy: "AGS cannot be reached: something in front of it answers in its place",
};

/**
 * Creates the client.
 *
 * @param log Logs failed token refreshes and refused operations.
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
