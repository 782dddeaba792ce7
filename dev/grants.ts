/**
 * Shows what a player was granted while an event was sent.
 *
 * @module
 */

import { SOURCES } from "../lib/sources.ts";
import { createAgsClient } from "../lib/ags/client.ts";
import { AgsError } from "../lib/ags/errors.ts";
import { type Entitlement, queryEntitlements } from "../lib/ags/platform.ts";
import { ConfigError, type Environment } from "../lib/config/parse.ts";
import { parseConfig } from "../lib/config/table.ts";

/** Compares what a player owns before and after. */
export interface GrantWatch {
  /** Lines that say what has come since. */
  report(): Promise<readonly string[]>;
}

/** Options of {@linkcode watchGrants}. */
export interface WatchGrantsOptions {
  /** Time for one look, in milliseconds. @default {10000} */
  readonly timeout?: number;
}

/**
 * Looks at what a player owns, for the later comparison.
 *
 * @param env The settings: which AGS, which client.
 * @param userId The player; without one there is nothing to see.
 * @param options How long to wait for AGS.
 */
export async function watchGrants(
  env: Environment,
  userId: string | undefined,
  { timeout = 10_000 }: WatchGrantsOptions = {},
): Promise<GrantWatch> {
  if (!userId) {
    return {
      report: () => Promise.resolve(["Event names no user: no grants shown"]),
    };
  }
  const before = await owned(env, userId, timeout);
  return {
    async report() {
      const after = await owned(env, userId, timeout);
      if (typeof before === "string") return [before];
      if (typeof after === "string") return [after];
      const changes = after.filter((now) => {
        const then = before.find(({ id }) => id === now.id);
        return then === undefined || then.useCount !== now.useCount;
      });
      if (changes.length === 0) {
        return [`No entitlement granted to user ${userId}`];
      }
      return changes.map(describe(userId));
    },
  };
}

async function owned(
  env: Environment,
  userId: string,
  timeout: number,
): Promise<readonly Entitlement[] | string> {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(
      new AgsError(`AGS did not answer within ${timeout} ms`, {
        retryable: true,
      }),
    );
  }, timeout);
  try {
    const { config } = parseConfig(env, {}, SOURCES);
    using client = createAgsClient({
      ...config,
      backoff: { maxAttempts: 1 },
    });
    const ags = client.bind({ signal: controller.signal });
    return await queryEntitlements(ags, { userId, limit: 100 });
  } catch (error) {
    if (!(error instanceof AgsError) && !(error instanceof ConfigError)) {
      throw error;
    }
    return `Grants are not shown: ${error.message}`;
  } finally {
    clearTimeout(timer);
  }
}

function describe(userId: string): (entitlement: Entitlement) => string {
  return ({ id, itemId, useCount }) => {
    const uses = typeof useCount === "number" ? `, ${useCount} left` : "";
    return `Granted entitlement ${id} (item ${itemId}${uses}) to user ${userId}`;
  };
}
