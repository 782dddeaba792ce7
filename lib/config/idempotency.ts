/**
 * The store that remembers which events are done.
 *
 * @module
 */

import { z } from "zod";
import { certificates, longDuration, NONE } from "./kinds.ts";
import { RedisUrl } from "./redis_url.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

function redisUrl(value: string, context: z.RefinementCtx): RedisUrl {
  try {
    return new RedisUrl(value);
  } catch {
    context.addIssue({ code: "custom" });
    return z.NEVER;
  }
}

/** The store that remembers which events are done. */
export const IDEMPOTENCY_SETTINGS = defineSettings({
  /** The store. */
  idempotencyStore: {
    env: "IDEMPOTENCY_STORE",
    doc:
      "Store that remembers which events are done: `memory` (this process), " +
      "`redis://…` or `rediss://…`, `cloudsave` (both shared by all " +
      "replicas) or `none`",
    expected: "memory, cloudsave, none or " +
      "redis[s]://[[user]:password@]host[:port][/database]",
    default: "memory",
    secret: "maybe",
    schema: z.union([
      z.enum(["memory", "cloudsave", "none"]),
      z.string().startsWith("redis").transform(redisUrl),
    ]),
  },
  /** Certificates to trust with `rediss:`, as PEM. */
  redisTlsCa: {
    env: "REDIS_TLS_CA",
    doc: "CA certificates for `rediss://…` with a private authority, as PEM " +
      "text (`\\n` may stand for a line break)",
    expected: "PEM text, or none",
    default: NONE,
    secret: "maybe",
    schema: certificates,
  },
  /** How long events are remembered. */
  idempotencyTtl: {
    env: "IDEMPOTENCY_TTL",
    doc: "How long an event is remembered after its last run",
    expected: "a duration such as 30m, 24h or 7d, from 1m to 30d",
    default: "24h",
    unit: "ms",
    schema: longDuration(60_000, 2_592_000_000),
  },
  /** Longest lease of a running event's claim. */
  idempotencyLease: {
    env: "IDEMPOTENCY_LEASE",
    doc:
      "Longest time for which the claim of a dead replica blocks its event; " +
      "longer runs renew their claim",
    expected: "a duration such as 500ms, 30s or 2m, from 1s to 60m",
    default: "60s",
    unit: "ms",
    schema: longDuration(1_000, 3_600_000),
  },
  /**
   * The owner of the events in a store shared with other apps; `auto`: the
   * client's id.
   */
  idempotencyScope: {
    env: "IDEMPOTENCY_SCOPE",
    doc:
      "Name shared by all replicas of this app, and used by no other app on " +
      "the same store or namespace; `auto` is the client id",
    expected: "up to 64 letters, digits, ., - and _",
    default: "auto",
    schema: z.string().regex(/^[\w.-]{1,64}$/),
  },
});

/** These settings, validated. */
export type IdempotencyConfig = ConfigOf<typeof IDEMPOTENCY_SETTINGS>;

/**
 * The problems of settings that are each valid but do not fit together, one per
 * sentence.
 */
export function idempotencyProblems(
  { idempotencyStore, redisTlsCa }: IdempotencyConfig,
): readonly string[] {
  const isEncrypted = idempotencyStore instanceof RedisUrl &&
    idempotencyStore.isEncrypted;
  return redisTlsCa === undefined || isEncrypted
    ? []
    : ["REDIS_TLS_CA is set: expected IDEMPOTENCY_STORE to be rediss://…, too"];
}
