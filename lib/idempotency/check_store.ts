/**
 * Checks the configured store, for `doctor`.
 *
 * @module
 */

import { AgsError } from "../ags/errors.ts";
import { RedisUrl } from "../config/redis_url.ts";
import type { ServiceConfig } from "../config/table.ts";
import type { Logger } from "../core/context.ts";
import { type OpenedStore, openStore } from "./open_store.ts";

/** How long the test event stays in the store, in milliseconds. */
const TTL = 60_000;
/** How long it is claimed, in milliseconds. */
const LEASE = 10_000;

/**
 * Opens the store, then claims and releases a test event.
 *
 * @param config The settings.
 * @returns The finding.
 * @throws {Error} What is wrong, and what to do.
 */
export async function checkStore(config: ServiceConfig): Promise<string> {
  const warnings: Error[] = [];
  await using store = openStore({ config, log: warningsTo(warnings) });
  const { idempotencyStore: choice } = config;
  if (store === undefined) return "none: each delivery of an event is handled";
  await tryOut(store, choice);
  for (const warning of warnings) throw warning;
  return choice === "memory"
    ? "memory: each replica remembers its own last 50,000 events"
    : `${choice} remembers events`;
}

async function tryOut(
  store: OpenedStore,
  choice: ServiceConfig["idempotencyStore"],
): Promise<void> {
  const token = crypto.randomUUID();
  const key = `doctor/${token}`;
  try {
    const claim = await store.claim(key, { token, lease: LEASE, ttl: TTL });
    if (claim.state !== "claimed") {
      throw new Error(`A new event is "${claim.state}": expected "claimed"`);
    }
    await store.release(key, { token, tally: claim.tally, ttl: TTL });
  } catch (error) {
    throw new Error(sentenceOf(error, choice), { cause: error });
  }
}

/** The error for a person: the underlying reason if there is one. */
function sentenceOf(
  error: unknown,
  choice: ServiceConfig["idempotencyStore"],
): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  if (error instanceof AgsError && error.status === 403) {
    return `cloudsave: the client lacks ADMIN:NAMESPACE:{namespace}:CLOUDSAVE:RECORD [CREATE, READ, UPDATE] (${message})`;
  }
  // It already names the server.
  if (cause instanceof Error && cause.message.startsWith("Redis at ")) {
    return cause.message;
  }
  const text = cause instanceof Error
    ? `${message}: ${cause.message}`
    : message;
  return choice instanceof RedisUrl && !message.includes(`${choice}`)
    ? `Redis at ${choice} answers: ${text}`
    : text;
}

/** A logger that collects the problems of a working store. */
function warningsTo(warnings: Error[]): Logger {
  const log: Logger = {
    debug: () => {},
    info: () => {},
    warn: (_message, { error } = {}) => {
      if (error instanceof Error) warnings.push(error);
    },
    error: () => {},
    with: () => log,
  };
  return log;
}
