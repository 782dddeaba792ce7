/**
 * A Redis server of a test's own.
 *
 * @module
 */

import { join } from "node:path";
import { freePort } from "../../dev/free_port.ts";
import { PATIENCE } from "../_support/patience.ts";

/** What the server is started with. */
export interface RedisOptions {
  /** More arguments, as in its configuration file. */
  readonly args?: readonly string[];
  /** Whether it is a sentinel. @default {false} */
  readonly isSentinel?: boolean;
  /** Its port. @default {any free one} */
  readonly port?: number;
  /** Its folder: what it persists is there. @default {one of its own} */
  readonly folder?: string;
}

/** A running server. Disposing kills it. */
export interface RedisServer extends AsyncDisposable {
  /** Its port on 127.0.0.1. */
  readonly port: number;
  /** How many keys it has: events that are claimed, or were. */
  keys(): Promise<number>;
  /** Sends it a signal. */
  signal(signal: Deno.Signal): void;
  /** Kills it, and resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts a server and waits until it listens. */
export async function startRedis(
  command: string,
  options: RedisOptions = {},
): Promise<RedisServer> {
  const { args = [], port = freePort() } = options;
  const own = options.folder === undefined
    ? await Deno.makeTempDir()
    : undefined;
  const folder = options.folder ?? own ?? ".";
  const isTls = args.includes("--tls-port");
  const place = [
    ...(isTls ? ["--port", "0"] : ["--port", `${port}`]),
    ...["--bind", "127.0.0.1", "--dir", folder],
  ];
  // A sentinel writes down what it knows, and knows few settings.
  const sentinel = join(folder, "sentinel.conf");
  if (options.isSentinel) await Deno.writeTextFile(sentinel, "");
  const process = new Deno.Command(command, {
    args: options.isSentinel
      ? [sentinel, "--sentinel", ...place, ...args]
      : [...place, "--save", "", "--daemonize", "no", ...args],
    stdout: "null",
    stderr: "null",
  }).spawn();
  let isGone = false;
  const ended = process.status.then(() => isGone = true);

  async function kill(): Promise<void> {
    if (!isGone) process.kill("SIGKILL");
    await ended;
  }

  const end = Date.now() + PATIENCE;
  while (!await isListening(port)) {
    if (isGone || Date.now() > end) {
      await kill();
      throw new Error(`redis-server does not listen on port ${port}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    port,
    async keys() {
      return Number(/^:(\d+)/.exec(await ask(port, "DBSIZE"))?.[1]);
    },
    signal: (signal) => process.kill(signal),
    kill,
    async [Symbol.asyncDispose]() {
      await kill();
      if (own !== undefined) await Deno.remove(own, { recursive: true });
    },
  };
}

/** Sends a command on a connection of its own; the beginning of its answer. */
export async function ask(port: number, command: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(`${command}\r\n`));
  const answer = new Uint8Array(4_096);
  const length = await connection.read(answer) ?? 0;
  return new TextDecoder().decode(answer.subarray(0, length));
}

async function isListening(port: number): Promise<boolean> {
  try {
    using _connection = await Deno.connect({ hostname: "127.0.0.1", port });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}

/** A certificate authority, and a server's certificate that it signed. */
export interface Certificates {
  /** The authority's certificate, in PEM. */
  readonly ca: string;
  /** Arguments for a server that speaks TLS on a port. */
  args(port: number): readonly string[];
}

/** Makes certificates for 127.0.0.1 and localhost in a folder. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const file = (name: string) => join(folder, name);
  const subject = "subjectAltName=IP:127.0.0.1,DNS:localhost";
  await Deno.writeTextFile(file("san.txt"), subject);
  const days = ["-days", "2"];
  const key = ["-newkey", "rsa:2048", "-nodes"];
  await openssl([
    ...["req", "-x509", "-subj", "/CN=test authority", ...days, ...key],
    ...["-keyout", file("ca.key"), "-out", file("ca.pem")],
  ]);
  await openssl([
    ...["req", "-subj", "/CN=localhost", ...key],
    ...["-keyout", file("server.key"), "-out", file("server.csr")],
  ]);
  await openssl([
    ...["x509", "-req", "-in", file("server.csr"), ...days],
    ...["-CA", file("ca.pem"), "-CAkey", file("ca.key"), "-CAcreateserial"],
    ...["-extfile", file("san.txt"), "-out", file("server.pem")],
  ]);
  return {
    ca: await Deno.readTextFile(file("ca.pem")),
    args: (port) => [
      ...["--tls-port", `${port}`, "--tls-auth-clients", "no"],
      ...["--tls-cert-file", file("server.pem")],
      ...["--tls-key-file", file("server.key")],
      ...["--tls-ca-cert-file", file("ca.pem")],
    ],
  };
}

async function openssl(args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", {
    args: [...args],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
