/**
 * Other people's APIs, on loopback.
 *
 * @module
 */

import type { DestinationContext } from "../../lib/destinations/mod.ts";
import type { Config } from "../../lib/core/config.ts";
import { testConfig } from "../_support/config.ts";

/** A request as it came. */
export interface Arrived {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Headers;
  readonly body: string;
}

/** An API. Disposing it ends it. */
export interface Api extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly Arrived[];
}

/** Options of {@linkcode startApi}. */
export interface ApiOptions {
  /** Certificate and key, in PEM. @default {none: http} */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Starts an API that answers so. */
export function startApi(
  answer: (request: Arrived) => Response | Promise<Response> = () =>
    Response.json({ ok: true }),
  { tls }: ApiOptions = {},
): Api {
  const requests: Arrived[] = [];
  const options = {
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    ...tls,
  };
  const server = Deno.serve(options, async (request) => {
    const { pathname, search } = new URL(request.url);
    const arrived = {
      method: request.method,
      target: pathname + search,
      headers: request.headers,
      body: await request.text(),
    };
    requests.push(arrived);
    return await answer(arrived);
  });
  const { port } = server.addr as Deno.NetAddr;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

let config: Config | undefined;

/** What a handler would pass on. */
export function contextOf(
  more: Partial<DestinationContext> = {},
): DestinationContext {
  return {
    signal: new AbortController().signal,
    attempt: 1,
    config: config ??= testConfig(),
    ...more,
  };
}
