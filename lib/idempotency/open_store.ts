/**
 * Opens the configured store.
 *
 * @module
 */

import { createAgsClient } from "../ags/client.ts";
import type { ServiceConfig } from "../config/table.ts";
import type { Logger } from "../core/context.ts";
import type { IdempotencyStore } from "../core/idempotency_store.ts";
import { createCloudSaveStore } from "./cloudsave_store.ts";
import { createMemoryStore } from "./memory_store.ts";
import { observeStore, type StoreObserver } from "./observed_store.ts";
import { createRedisStore } from "./redis_store.ts";
import { createStoreHealth, type StoreHealth } from "./store_health.ts";

/** Options of {@linkcode openStore}. */
export interface OpenStoreOptions {
  /** The settings. */
  readonly config: ServiceConfig;
  /** Logs a lost connection. */
  readonly log: Logger;
  /** Observes the store. */
  readonly observer?: StoreObserver;
  /** Opens the store of `memory`. @default {an empty store in this process} */
  readonly openMemory?: (() => IdempotencyStore) | undefined;
}

/** A store with its health. */
export interface OpenedStore extends IdempotencyStore {
  /** How long it has been unavailable, in milliseconds; 0 if it works. */
  readonly awayFor: number;
}

/** Opens the store, without waiting for a server; `undefined` for `none`. */
export function openStore(
  { config, log, observer, openMemory = createMemoryStore }: OpenStoreOptions,
): OpenedStore | undefined {
  const health = createStoreHealth();
  const store = storeOf(config, { log, health, openMemory });
  if (store === undefined) return undefined;
  const watched = health.watch(store);
  return {
    ...observer === undefined ? watched : observeStore(watched, observer),
    get awayFor() {
      return health.awayFor;
    },
  };
}

function storeOf(
  config: ServiceConfig,
  { log, health, openMemory }: {
    readonly log: Logger;
    readonly health: StoreHealth;
    readonly openMemory: () => IdempotencyStore;
  },
): IdempotencyStore | undefined {
  const { idempotencyStore: choice, idempotencyScope, clientId, namespace } =
    config;
  const scope = idempotencyScope === "auto" ? clientId : idempotencyScope;
  switch (choice) {
    case "none":
      return undefined;
    case "memory":
      return openMemory();
    case "cloudsave":
      return cloudSaveStore(config, { scope, log });
    default:
      return createRedisStore({
        url: choice,
        prefix: `extend-event:${namespace}:${scope}:`,
        ca: config.redisTlsCa,
        onDown(error) {
          health.down();
          log.error("Idempotency store cannot be used: events will fail", {
            store: "redis",
            error,
          });
        },
        onUp() {
          health.up();
          log.info("Idempotency store can be used again", { store: "redis" });
        },
        onWarning: (text) =>
          log.warn("Idempotency store may forget events", {
            store: "redis",
            error: new Error(text),
          }),
      });
  }
}

/** How long the breaker for Cloud Save stays open, in milliseconds. */
const COOL_DOWN = 1_000;

function cloudSaveStore(
  config: ServiceConfig,
  { scope, log }: { readonly scope: string; readonly log: Logger },
): IdempotencyStore {
  const client = createAgsClient({
    ...config,
    // Every event waits for the store, so it has to be tried again soon.
    breaker: { coolDown: COOL_DOWN },
    onRefreshFailed: (error) =>
      log.warn("AGS token of the idempotency store could not be refreshed", {
        error,
      }),
  });
  const store = createCloudSaveStore({ client, scope });
  return {
    ...store,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      client[Symbol.dispose]();
    },
  };
}
