/**
 * A server that speaks Redis's protocol and says what a test tells it to: for versions
 * and roles that no machine has at hand.
 *
 * @module
 */

/** What it is asked on one connection. */
export interface Asked {
  /** Which connection, from 1. */
  readonly connection: number;
  /** The command and its arguments. */
  readonly command: readonly string[];
}

/** The server. Disposing ends it and its connections. */
export interface FakeRedis extends AsyncDisposable {
  /** Its port on 127.0.0.1. */
  readonly port: number;
  /** How many connections there have been. */
  readonly connections: number;
  /** Everything it was asked, in order. */
  readonly asked: readonly Asked[];
}

/** Redis 6.2 as a primary. */
export const PRIMARY = info({ role: "master" });

/** An answer to `INFO` with these fields beside the usual ones. */
export function info(
  fields: Readonly<Record<string, string | number>>,
): string {
  const all = {
    redis_version: "6.2.5",
    redis_mode: "standalone",
    role: "master",
    cluster_enabled: 0,
    ...fields,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}:${value}`);
  return bulk(`# Server\r\n${lines.join("\r\n")}\r\n`);
}

/** What `claim` is answered by a server that works. */
export const CLAIMED = `*5\r\n${bulk("claimed")}:1\r\n:0\r\n:0\r\n:1\r\n`;

/** A text as the protocol has it. */
export function bulk(text: string): string {
  return `$${new TextEncoder().encode(text).length}\r\n${text}\r\n`;
}

/**
 * Starts it.
 *
 * @param answer What it answers, as the protocol has it.
 */
export function startFakeRedis(answer: (asked: Asked) => string): FakeRedis {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const asked: Asked[] = [];
  let connections = 0;

  async function serve(socket: Deno.Conn): Promise<void> {
    open.add(socket);
    const connection = ++connections;
    try {
      let text = "";
      const decoder = new TextDecoder();
      for await (const chunk of socket.readable) {
        text += decoder.decode(chunk, { stream: true });
        for (let next = take(text); next !== undefined; next = take(text)) {
          text = next.rest;
          const each = { connection, command: next.command };
          asked.push(each);
          await write(socket, answer(each));
        }
      }
    } catch {
      // The client has gone.
    } finally {
      open.delete(socket);
    }
  }

  const served: Promise<void>[] = [];
  const listening = (async () => {
    for await (const socket of listener) served.push(serve(socket));
  })();
  return {
    port: listener.addr.port,
    get connections() {
      return connections;
    },
    asked,
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const socket of open) socket.close();
      await listening;
      await Promise.all(served);
    },
  };
}

async function write(socket: Deno.Conn, text: string): Promise<void> {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(await socket.write(bytes));
}

/** The first command in a text of ASCII, if all of it is there. */
function take(
  text: string,
): { readonly command: readonly string[]; readonly rest: string } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return undefined;
  let at = head[0].length;
  const command: string[] = [];
  while (command.length < Number(head[1])) {
    const length = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (length === null) return undefined;
    at += length[0].length;
    const end = at + Number(length[1]);
    if (text.length < end + 2) return undefined;
    command.push(text.slice(at, end));
    at = end + 2;
  }
  return { command, rest: text.slice(at) };
}
