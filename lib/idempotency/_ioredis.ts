/**
 * The Redis client, loaded without permission for all variables.
 *
 * @module
 */

import process from "node:process";
import type { Redis } from "ioredis";

/**
 * Loads ioredis: only where it is used, as it costs a noticeable part of the start.
 *
 * The package `debug`, which it builds on, lists all variables when it is loaded, and
 * reads `DEBUG`: this process may do neither. So as long as that takes, `process.env`
 * lists none and has no `DEBUG`; every other variable is there by its name.
 */
export async function loadIoredis(): Promise<typeof Redis> {
  const { env } = process;
  process.env = new Proxy<typeof env>({}, {
    get: (_none, name) =>
      name === "DEBUG" || typeof name === "symbol" ? undefined : env[name],
  });
  try {
    return (await import("ioredis")).Redis;
  } finally {
    process.env = env;
  }
}
