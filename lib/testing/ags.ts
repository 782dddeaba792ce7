/**
 * AGS for tests: the emulator, started by the first request.
 *
 * @module
 */

import type { Fault } from "../../dev/emulator/fault_schema.ts";
import {
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  type Emulator,
  type EmulatorOptions,
  type JournalGrant,
  startEmulator,
} from "../../dev/emulator/mod.ts";
import { type AgsBinding, createAgsClient } from "../ags/client.ts";
import { Secret } from "../config/secret.ts";
import type { Ags } from "../core/context.ts";

/** A request that was sent to AGS. */
export interface AskedRequest {
  /** The HTTP method. */
  readonly method: string;
  /** The path as in the API reference, or the actual path if none matches. */
  readonly route: string;
  /** The actual path. */
  readonly path: string;
  /** The status of the answer; `null` if the answer was lost. */
  readonly status: number | null;
  /** The body, if it was JSON of at most 4,096 characters. */
  readonly body?: unknown;
}

/** AGS, as a test observes and controls it. */
export interface TestAgs {
  /** The requests in order, without logins. */
  readonly requests: readonly AskedRequest[];
  /** The granted items, in order. */
  readonly grants: readonly JournalGrant[];
  /**
   * Makes requests fail.
   *
   * @example AGS answers 503 twice, then works
   * ```ts
   * app.ags.fail({ kind: "error", status: 503, times: 2 });
   * ```
   *
   * @param faults The faults, in order.
   */
  fail(...faults: readonly Fault[]): void;
  /** Makes all requests succeed again. */
  heal(): void;
  /**
   * The emulator: wallets, statistics, records.
   *
   * @returns The emulator, started if necessary.
   */
  emulator(): Promise<Emulator>;
}

/** {@linkcode TestAgs} with the client that handlers use. */
export interface BoundAgs extends TestAgs, AsyncDisposable {
  /** AGS for one event. */
  bind(binding: AgsBinding): Ags;
}

/** Time limit for the login to the emulator, in milliseconds. */
const LOGIN_TIME = 10_000;

/**
 * Creates it. Nothing starts, and no port opens, before a handler calls AGS.
 */
export function createTestAgs(
  options: EmulatorOptions & { readonly namespace: string },
): BoundAgs {
  const stack = new AsyncDisposableStack();
  let faults: readonly Fault[] = [];
  let started: Emulator | undefined;
  let starting: ReturnType<typeof start> | undefined;

  async function start() {
    const emulator = stack.use(await startEmulator(options));
    const client = stack.use(createAgsClient({
      baseUrl: emulator.url,
      clientId: DEFAULT_CLIENT_ID,
      clientSecret: new Secret(DEFAULT_CLIENT_SECRET),
      namespace: options.namespace,
      // Retried as in production, but without delay.
      backoff: { random: () => 0 },
      // Injected faults must not open the breaker for later events.
      breaker: { threshold: Infinity },
    }));
    // Logs in first: faults are meant for the handlers' requests.
    await client.ready(AbortSignal.timeout(LOGIN_TIME));
    emulator.faults.set([...faults]);
    started = emulator;
    return { emulator, client };
  }

  const begin = () => starting ??= start();

  function setFaults(wanted: readonly Fault[]): void {
    faults = wanted;
    started?.faults.set([...faults]);
  }

  return {
    get requests() {
      return (started?.journal.requests() ?? [])
        .filter(({ path }) => !path.startsWith("/iam/v3/oauth/"))
        .map(({ method, path, route = path, status, body }) => ({
          method,
          route,
          path,
          status,
          ...(body !== undefined && { body }),
        }));
    },
    get grants() {
      return started?.journal.grants() ?? [];
    },
    fail: (...more) => setFaults([...faults, ...more]),
    heal: () => setFaults([]),
    emulator: async () => (await begin()).emulator,
    bind: (binding) => ({
      namespace: options.namespace,
      async request<T>(...args: Parameters<Ags["request"]>): Promise<T> {
        const { client } = await begin();
        return await client.bind(binding).request<T>(...args);
      },
    }),
    async [Symbol.asyncDispose]() {
      await starting?.catch(() => {});
      await stack.disposeAsync();
    },
  };
}
