/**
 * The settings that the faults are tried on: what remembers events, and by which API
 * items are granted.
 *
 * @module
 */

/** What a column of the matrix is called. */
export type StoreName =
  | "memory"
  | "redis"
  | "cloudsave"
  | "memory, v3"
  | "redis, v3"
  | "none";

/** A column of the matrix. */
export interface Store {
  /** What it is called. */
  readonly name: StoreName;
  /** `IDEMPOTENCY_STORE`; Redis has its address at its end. */
  readonly kind: "memory" | "redis" | "cloudsave" | "none";
  /** `FULFILLMENT_API`. */
  readonly api: "v1" | "v3";
}

/** All of them. */
export const STORES: readonly Store[] = [
  { name: "memory", kind: "memory", api: "v1" },
  { name: "redis", kind: "redis", api: "v1" },
  { name: "cloudsave", kind: "cloudsave", api: "v1" },
  { name: "memory, v3", kind: "memory", api: "v3" },
  { name: "redis, v3", kind: "redis", api: "v3" },
  { name: "none", kind: "none", api: "v1" },
];
