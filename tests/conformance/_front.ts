/**
 * A server before AGS that answers some requests in its place.
 *
 * @module
 */

/** The server. Disposing closes its connections at once. */
export interface Front extends AsyncDisposable {
  /** Base URL: the service's `AB_BASE_URL`. */
  readonly url: string;
  /** Where requests go on to, without a slash at the end. */
  leadsTo: string;
  /** Answers requests whose path has this end, in place of AGS; `undefined`: no more. */
  answer(pathEnd: string, answer: (() => Response) | undefined): void;
  /** How many requests of this end it has answered. */
  count(pathEnd: string): number;
}

/** Starts the server. */
export function startFront(): Front {
  const answers = new Map<string, () => Response>();
  const counts = new Map<string, number>();
  const ending = new AbortController();
  let leadsTo = "";
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    signal: ending.signal,
    onListen: () => {},
    onError: () => new Response(null, { status: 502 }),
  }, async (request) => {
    const { method, headers, url } = request;
    const { pathname, search } = new URL(url);
    const body = await request.bytes();
    for (const [pathEnd, answer] of answers) {
      if (!pathname.endsWith(pathEnd)) continue;
      counts.set(pathEnd, (counts.get(pathEnd) ?? 0) + 1);
      return answer();
    }
    const answer = await fetch(`${leadsTo}${pathname}${search}`, {
      method,
      headers,
      ...(body.length > 0 && { body }),
    });
    return new Response(await answer.bytes(), {
      status: answer.status,
      headers: { "content-type": answer.headers.get("content-type") ?? "" },
    });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    get leadsTo() {
      return leadsTo;
    },
    set leadsTo(url) {
      leadsTo = url;
    },
    answer(pathEnd, answer) {
      if (answer === undefined) answers.delete(pathEnd);
      else answers.set(pathEnd, answer);
    },
    count: (pathEnd) => counts.get(pathEnd) ?? 0,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await server.finished;
    },
  };
}
