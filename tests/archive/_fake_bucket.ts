/**
 * A bucket on loopback that misbehaves when a test says so.
 *
 * @module
 */

/** A request as it came. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** A bucket. Disposing it ends it. */
export interface FakeBucket extends AsyncDisposable {
  readonly endpoint: string;
  readonly requests: readonly Arrived[];
}

/**
 * Starts a bucket.
 *
 * @param answer What it says; `undefined` for what a bucket would say that is well.
 */
export function startBucket(
  answer: (request: Arrived) => Response | undefined | Promise<Response> = () =>
    undefined,
): FakeBucket {
  const requests: Arrived[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const url = new URL(request.url);
      const arrived = {
        method: request.method,
        path: decodeURIComponent(url.pathname),
        query: url.searchParams,
        headers: request.headers,
        body: new Uint8Array(await request.arrayBuffer()),
      };
      requests.push(arrived);
      return await answer(arrived) ?? well(arrived);
    },
  );
  return {
    endpoint: `http://127.0.0.1:${server.addr.port}`,
    requests,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function well({ method, query }: Arrived): Response {
  if (query.has("uploads")) {
    return new Response("<X><UploadId>up-1</UploadId></X>");
  }
  if (method === "DELETE") return new Response(null, { status: 204 });
  const part = query.get("partNumber");
  const headers = part === null ? {} : { etag: `"etag-${part}"` };
  return new Response("", { headers });
}

/** A bucket's refusal. */
export function refuse(status: number, code: string): Response {
  const text = `<Error><Code>${code}</Code><Message>No.</Message></Error>`;
  return new Response(text, { status });
}
