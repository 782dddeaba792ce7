/**
 * Servers that answer what a test says, for what the emulator cannot show.
 *
 * @module
 */

/** An HTTP server of a test. Disposing closes its connections at once. */
export interface TestServer extends AsyncDisposable {
  /** Base URL without a slash at the end. */
  readonly url: string;
  /** How many requests have come. */
  readonly count: number;
}

/**
 * Starts an HTTP server.
 *
 * @param answer Answers a request; the second argument is its number, from 1.
 */
export function serve(
  answer: (request: Request, number: number) => Response | Promise<Response>,
): TestServer {
  const controller = new AbortController();
  let count = 0;
  const server = Deno.serve(
    {
      port: 0,
      hostname: "127.0.0.1",
      signal: controller.signal,
      onListen: () => {},
    },
    (request) => answer(request, ++count),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    get count() {
      return count;
    },
    async [Symbol.asyncDispose]() {
      controller.abort();
      await server.finished;
    },
  };
}

/**
 * Starts a TCP server that reads one request of each connection, writes what a test
 * says, and closes it.
 *
 * @param write Writes. Its second argument resolves when the server is disposed of.
 */
export function serveBytes(
  write: (connection: Deno.TcpConn, end: Promise<void>) => unknown,
): TestServer {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const end = Promise.withResolvers<void>();
  let count = 0;

  async function talk(connection: Deno.TcpConn): Promise<void> {
    try {
      await connection.read(new Uint8Array(65_536));
      count++;
      await write(connection, end.promise);
    } catch {
      // The client hung up: what it makes of it is the test's matter.
    }
    connection.close();
  }

  async function accept(): Promise<void> {
    const talks: Promise<void>[] = [];
    for await (const connection of listener) talks.push(talk(connection));
    await Promise.all(talks);
  }

  const accepted = accept();
  const { port } = listener.addr as Deno.NetAddr;
  return {
    url: `http://127.0.0.1:${port}`,
    get count() {
      return count;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      end.resolve();
      await accepted;
    },
  };
}

/** An address where nothing listens. */
export function deadUrl(): string {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return `http://127.0.0.1:${port}`;
}
