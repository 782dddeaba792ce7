/**
 * Loads the Kafka library when it is needed.
 *
 * @module
 */

import * as modules from "node:module";
import process from "node:process";

type PortModule = typeof import("./platformatic_port.ts");

let loading: Promise<PortModule> | undefined;

/**
 * Loads what is behind the port, once.
 *
 * The library's logger (`debug`) lists all environment variables while it is loaded,
 * which takes a permission for all of them. It gets an environment that has no list, and
 * no more variables than may be read.
 *
 * Its WebAssembly is a file of the package `@platformatic/wasm-utils`, which would have
 * to be readable, wherever it lies: the library gets that package's other form, whose
 * WebAssembly is part of its code. In a bundle there is nothing to resolve any more:
 * `dev/compile/` puts it in.
 */
export function loadPort(): Promise<PortModule> {
  return loading ??= load();
}

async function load(): Promise<PortModule> {
  const { env } = process;
  const hooks = modules.registerHooks?.({
    resolve: (name, context, next) =>
      next(name === WASM ? `${WASM}/bundled` : name, context),
  });
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
    hooks?.deregister();
  }
}

const WASM = "@platformatic/wasm-utils";
