/**
 * The client under test, on an emulator.
 *
 * @module
 */

import {
  CONSUMABLE_ITEM_ID,
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  DEFAULT_NAMESPACE,
  type Emulator,
  type EmulatorOptions,
  startEmulator,
} from "../../dev/emulator/mod.ts";
import {
  type AgsBinding,
  type AgsClient,
  type AgsClientOptions,
  createAgsClient,
} from "../../lib/ags/client.ts";
import type { Ags } from "../../lib/core/context.ts";
import { Secret } from "../../lib/config/secret.ts";
import { PATIENCE } from "../_support/patience.ts";

/** Route of fulfillment v1. */
export const FULFILLMENT =
  "/platform/admin/namespaces/{namespace}/users/{userId}/fulfillment";

/** Route of the login. */
export const TOKEN = "/iam/v3/oauth/token";

/** Makes a client for a server. It waits for nothing between its attempts. */
export function clientOf(
  baseUrl: string,
  options: Partial<AgsClientOptions> = {},
): AgsClient {
  return createAgsClient({
    baseUrl,
    clientId: DEFAULT_CLIENT_ID,
    clientSecret: new Secret(DEFAULT_CLIENT_SECRET),
    namespace: DEFAULT_NAMESPACE,
    backoff: { random: () => 0 },
    ...options,
  });
}

/** An emulator and a client of it. */
export interface Session extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly client: AgsClient;
  /** The client, bound to a signal that never ends unless a test gives its own. */
  bind(binding?: Partial<AgsBinding>): Ags;
  /** Grants one consumable to a player. */
  grant(userId?: string, binding?: Partial<AgsBinding>): Promise<unknown>;
  /** How many requests of a route the emulator has seen. */
  seen(route: string): number;
}

/** Starts an emulator and makes a client for it. */
export async function open(
  options: Partial<AgsClientOptions> & {
    readonly emulator?: EmulatorOptions;
  } = {},
): Promise<Session> {
  const { emulator: emulatorOptions, ...clientOptions } = options;
  const emulator = await startEmulator(emulatorOptions);
  const client = clientOf(emulator.url, clientOptions);
  const bind = (binding: Partial<AgsBinding> = {}) =>
    client.bind({ signal: new AbortController().signal, ...binding });
  return {
    emulator,
    client,
    bind,
    grant: (userId = "u1", binding = {}) =>
      bind(binding).request("POST", FULFILLMENT, {
        params: { userId },
        body: { itemId: CONSUMABLE_ITEM_ID, quantity: 1 },
        // So that it shows what becomes of requests that may be repeated.
        idempotent: true,
      }),
    seen: (route) =>
      emulator.journal.requests().filter((request) => request.route === route)
        .length,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
      await emulator[Symbol.asyncDispose]();
    },
  };
}

/** Waits until something is the case, a turn of the event loop at a time. */
export async function until(isTrue: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!isTrue()) {
    if (Date.now() > end) throw new Error(`Not the case in time: ${isTrue}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** What a promise was rejected with; fails when it was not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("Promise was resolved: expected a rejection");
}
