/**
 * Loads the Redis client without permission for all environment variables.
 *
 * @module
 */

import process from "node:process";
import type { Redis } from "ioredis";

/**
 * Loads ioredis on demand, because it takes a noticeable part of the start.
 *
 * Its dependency `debug` lists all variables and reads `DEBUG` when it is
 * loaded, and this process may do neither. During loading, `process.env`
 * therefore lists nothing and has no `DEBUG`; every other variable can be read
 * by name.
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
