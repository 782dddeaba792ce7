/**
 * What remembers which events are done.
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

/** What remembers which events are done. */
export const IDEMPOTENCY_SETTINGS = defineSettings({
  /** What remembers which events are done. */
  idempotencyStore: {
    env: "IDEMPOTENCY_STORE",
    doc: "What remembers which events are done: `memory` (this process), " +
      "`redis://…` or `rediss://…`, `cloudsave` (both shared by all replicas) or `none`",
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
    doc: "Certificates that Redis's is checked by with `rediss://…`, where a " +
      "private authority signed it, as PEM text (`\\n` may stand for a line's end)",
    expected: "PEM text, or none",
    default: NONE,
    secret: "maybe",
    schema: certificates,
  },
  /** How long they are remembered. */
  idempotencyTtl: {
    env: "IDEMPOTENCY_TTL",
    doc: "How long an event is remembered after it was last run",
    expected: "a duration such as 30m, 24h or 7d, from 1m to 30d",
    default: "24h",
    unit: "ms",
    schema: longDuration(60_000, 2_592_000_000),
  },
  /** Longest lease of a running event's claim. */
  idempotencyLease: {
    env: "IDEMPOTENCY_LEASE",
    doc: "How long an event stays claimed at most when its replica dies; " +
      "longer runs renew it",
    expected: "a duration such as 500ms, 30s or 2m, from 1s to 60m",
    default: "60s",
    unit: "ms",
    schema: longDuration(1_000, 3_600_000),
  },
  /** Whose events they are, in a store that others use too; `auto`: the client's id. */
  idempotencyScope: {
    env: "IDEMPOTENCY_SCOPE",
    doc:
      "Name that all replicas of this app have, and no other app on the same " +
      "store or namespace; `auto` is the client id",
    expected: "up to 64 letters, digits, ., - and _",
    default: "auto",
    schema: z.string().regex(/^[\w.-]{1,64}$/),
  },
});

/** These settings, checked. */
export type IdempotencyConfig = ConfigOf<typeof IDEMPOTENCY_SETTINGS>;

/** What is wrong with settings that are all right by themselves, one a sentence. */
export function idempotencyProblems(
  { idempotencyStore, redisTlsCa }: IdempotencyConfig,
): readonly string[] {
  const isEncrypted = idempotencyStore instanceof RedisUrl &&
    idempotencyStore.isEncrypted;
  return redisTlsCa === undefined || isEncrypted
    ? []
    : ["REDIS_TLS_CA is set: expected IDEMPOTENCY_STORE to be rediss://…, too"];
}
