/**
 * Loads the Kafka library on demand.
 *
 * @module
 */

import * as modules from "node:module";
import process from "node:process";

type PortModule = typeof import("./platformatic_port.ts");

let loading: Promise<PortModule> | undefined;

/**
 * Loads the implementation of the port, once.
 *
 * While loading, the library's logger (`debug`) lists all environment
 * variables, which requires permission for all of them. It gets an environment
 * that lists none, and only variables that may be read.
 *
 * Its WebAssembly is a file of the package `@platformatic/wasm-utils`, which
 * the process would need permission to read. Instead, the library gets that
 * package's other form, whose WebAssembly is part of its code. A bundle already
 * contains it, through `dev/compile/`, and has nothing to resolve.
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
  // Its target must be another object: a proxy has to report its target's own
  // keys.
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
