/**
 * A gate before AGS: holds requests until the test lets them through.
 *
 * @module
 */

import { PATIENCE } from "../_support/patience.ts";

/** A server that hands requests on. Disposing drops those that are held. */
export interface Gate extends AsyncDisposable {
  /** Base URL: the service's `AB_BASE_URL`. */
  readonly url: string;
  /** How many requests are held now. */
  readonly held: number;
  /** Resolves when this many requests are held. */
  holds(count: number): Promise<void>;
  /** Lets all through, those that are held and those that come. */
  open(): void;
}

/**
 * Starts a gate, closed for grants. Logins pass.
 *
 * @param url Where it leads to, without a slash at the end.
 */
export function startGate(url: string): Gate {
  const opened = Promise.withResolvers<void>();
  let held = 0;
  let wake = () => {};

  async function pass(
    request: Request,
    { completed }: Deno.ServeHandlerInfo,
  ): Promise<Response> {
    let isGone = false;
    completed.catch(() => isGone = true);
    const { pathname, search } = new URL(request.url);
    const body = await request.bytes();
    if (pathname.endsWith("/fulfillment")) {
      held++;
      wake();
      await opened.promise;
      held--;
    }
    // Whoever asked may have gone meanwhile: then nothing is handed on.
    if (isGone) return new Response(null, { status: 499 });
    const { method, headers } = request;
    const answer = await fetch(`${url}${pathname}${search}`, {
      method,
      headers,
      ...(body.length > 0 && { body }),
    });
    return new Response(await answer.bytes(), {
      status: answer.status,
      headers: { "content-type": answer.headers.get("content-type") ?? "" },
    });
  }

  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
    onError: () => new Response(null, { status: 502 }),
  }, pass);
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    get held() {
      return held;
    },
    async holds(count) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const timer = setTimeout(
        () =>
          reject(new Error(`Gate holds ${held} requests: expected ${count}`)),
        PATIENCE,
      );
      wake = () => {
        if (held >= count) resolve();
      };
      wake();
      await promise.finally(() => clearTimeout(timer));
    },
    open: () => opened.resolve(),
    async [Symbol.asyncDispose]() {
      opened.resolve();
      await server.shutdown();
    },
  };
}
