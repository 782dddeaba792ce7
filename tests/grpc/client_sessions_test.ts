import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { CONNECTION_ENDS, type End } from "./_connection_ends.ts";
import { PROTO_FOLDER } from "./_fixture.ts";
import {
  ConnectionOver,
  type RawConnection,
  type RawServer,
  startRawServer,
} from "./_raw_server.ts";
import { PATIENCE } from "../_support/patience.ts";

/** How long a connection that nobody ends is left open, in milliseconds. */
const OPEN = 150;

/** Without a new connection for so long, the clients stand still, in milliseconds. */
const STANDSTILL = PATIENCE;

/** Has the clients meet what a server does with each of their connections, then a good one. */
async function meet(ends: readonly End[]): Promise<void> {
  const met = Promise.withResolvers<void>();
  let tooLong: ReturnType<typeof setTimeout> | undefined;
  await using server: RawServer = await startRawServer(async (connection) => {
    const end = ends[connection.index];
    clearTimeout(tooLong);
    if (end === undefined) met.resolve();
    else tooLong = setTimeout(() => child.kill("SIGKILL"), STANDSTILL);
    await serve(connection, end ?? answerAll);
  });
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "-A"],
      join(import.meta.dirname!, "testdata", "http2_clients.ts"),
      String(server.port),
      PROTO_FOLDER,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  await Promise.race([met.promise, child.status]);
  if (server.connections > ends.length) {
    const stdin = child.stdin.getWriter();
    await stdin.write(new TextEncoder().encode("good"));
    await stdin.close();
    tooLong = setTimeout(() => child.kill("SIGKILL"), STANDSTILL);
  } else await child.stdin.close().catch(() => {});
  const { code, signal, stdout, stderr } = await output;
  clearTimeout(tooLong);
  const text = new TextDecoder();
  assert.deepEqual(
    { code, signal, stderr: text.decode(stderr), stdout: text.decode(stdout) },
    { code: 0, signal: null, stderr: "", stdout: "answered\n" },
    `after ${server.connections} of ${ends.length} connections`,
  );
}

async function serve(connection: RawConnection, end: End): Promise<void> {
  const timer = end === answerAll
    ? undefined
    : setTimeout(() => connection.reset(), OPEN);
  try {
    await end(connection);
    await connection.closed;
  } catch (error) {
    if (!(error instanceof ConnectionOver)) throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function answerAll(connection: RawConnection): Promise<void> {
  for (;;) connection.answer(await connection.called());
}

Deno.test("session guard: servers that end connections in every way do the clients no harm", async () => {
  const all = [...CONNECTION_ENDS.values()];
  const seed = crypto.getRandomValues(new Int32Array(1))[0]!;
  const options = { minLength: all.length, maxLength: all.length };
  const [order = []] = fc.sample(fc.shuffledSubarray(all, options), {
    numRuns: 1,
    seed,
  });
  await meet([...order, ...all]);
});

Deno.test("session guard: a server that takes no calls on any connection does not have the clients stand still", async () => {
  // grpc-js would try the same connection again, for ever and without a pause, where it
  // is over before whoever asked for it listens.
  const end = CONNECTION_ENDS.get("GOAWAY before any call")!;
  await meet(Array.from({ length: 100 }, () => end));
});
