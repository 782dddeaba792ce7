/**
 * A server that records what it is asked and answers what it is told.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** A request that came. */
export interface Recorded {
  readonly method: string;
  /** Path and query, as they came over the wire. */
  readonly target: string;
  readonly contentType: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly accept: string | null;
  readonly body: string;
  /** What the bearer token says, but for times. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** What its header says. */
  readonly algorithm: unknown;
  /** The token itself. */
  readonly token: string;
}

/** A recording server. */
export interface Recorder extends AsyncDisposable {
  readonly url: string;
  readonly requests: Recorded[];
  /** Answers to come, the next one first; when there is none, what the API would say. */
  readonly answers: ((request: Request) => Response | Promise<Response>)[];
}

/** Starts it on a free port of loopback. */
export function startRecorder(): Recorder {
  const requests: Recorded[] = [];
  const answers: Recorder["answers"] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      requests.push(await record(request));
      const answer = answers.shift();
      return answer === undefined
        ? plainAnswer(request)
        : await answer(request);
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    answers,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

async function record(request: Request): Promise<Recorded> {
  const { method, url, headers } = request;
  const token = headers.get("authorization")?.replace(/^Bearer /, "") ?? "";
  const [head = "", payload = ""] = token.split(".");
  const { iat: _, exp: __, ...claims } = decode(payload);
  return {
    method,
    target: url.slice(new URL(url).origin.length),
    contentType: headers.get("content-type"),
    metadata: Object.fromEntries(
      [...headers].filter(([name]) => name.startsWith("x-webpubsub-")),
    ),
    accept: headers.get("accept"),
    body: Buffer.from(await request.bytes()).toString("latin1"),
    claims,
    algorithm: decode(head)["alg"],
    token,
  };
}

/** What a part of a token says. */
export function decode(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString());
  } catch {
    return {};
  }
}

function plainAnswer({ method, url }: Request): Response {
  if (url.includes(":generateToken")) return Response.json({ token: "t.o.k" });
  if (url.includes(":send")) return new Response(null, { status: 202 });
  if (method === "HEAD" || method === "PUT") return new Response(null);
  if (/:(add|remove)/.test(url)) return new Response(null);
  return new Response(null, { status: 204 });
}
