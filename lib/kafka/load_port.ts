/**
 * Loads the Kafka library when it is needed.
 *
 * @module
 */

import process from "node:process";

type PortModule = typeof import("./platformatic_port.ts");

let loading: Promise<PortModule> | undefined;

/**
 * Loads what is behind the port, once.
 *
 * The library's logger (`debug`) lists all environment variables while it is loaded,
 * which takes a permission for all of them. It gets an environment that has no list, and
 * no more variables than may be read. Its WebAssembly is a file of the package
 * `@platformatic/wasm-utils`, which has to be readable.
 */
export function loadPort(): Promise<PortModule> {
  return loading ??= load();
}

async function load(): Promise<PortModule> {
  const { env } = process;
  // Without a target of its own it would have to name that one's keys.
  process.env = new Proxy<typeof env>({}, {
    get(_target, name) {
      try {
        return Reflect.get(env, name);
      } catch {
        return undefined;
      }
    },
  });
  try {
    return await import("./platformatic_port.ts");
  } finally {
    process.env = env;
  }
}
