/**
 * Answers of your own: any operation of AGS that the emulator does not have, or has
 * otherwise, is one entry in `emulator/stubs.ts`.
 *
 * @module
 */

import { z } from "zod";
import { agsError, type Answer } from "./errors.ts";
import { readJson } from "./request_body.ts";
import { type Call, createRouter, type Route } from "./router.ts";
import { isAnswer } from "./grants.ts";

/** The names in braces of a path. */
export type PathNames<P extends string> = P extends
  `${string}{${infer N}}${infer Rest}` ? N | PathNames<Rest>
  : never;

/** What a stub's function is told of the request. */
export interface StubCall<P extends string = string> {
  /** The values of the path's names in braces, decoded. */
  readonly params: { readonly [N in PathNames<P>]: string };
  /** The query. */
  readonly query: URLSearchParams;
  /** The body that was sent, out of JSON; `undefined` where there was none. */
  readonly body: unknown;
}

/** What is answered in place of `answer` and `status`. */
export class StubAnswer {
  /**
   * Puts a status and a body together.
   *
   * @param status The HTTP status, from 200 to 599.
   * @param body JSON; `undefined` for an empty body.
   */
  constructor(readonly status: number, readonly body?: unknown) {}
}

/** One operation, and how it is answered. */
export interface Stub<P extends string = string> {
  /** The HTTP method. */
  readonly method: "DELETE" | "GET" | "PATCH" | "POST" | "PUT";
  /** The path as AGS's API reference writes it, names in braces. */
  readonly path: P & `/${string}`;
  /**
   * The JSON that is answered, or a function that makes it of the request. One that
   * returns a {@linkcode StubAnswer} says the status, too.
   *
   * @default {an empty body}
   */
  readonly answer?: unknown | ((call: StubCall<P>) => unknown);
  /** The HTTP status, 200 to 599. @default {200, or 204 without an answer} */
  readonly status?: number;
}

/**
 * Checks the types of a stub; its `params` are those of its path.
 *
 * @example
 * ```ts
 * import { stub } from "./stub.ts";
 *
 * export default [
 *   stub({
 *     method: "GET",
 *     path: "/session/v1/admin/namespaces/{namespace}/gamesessions/{sessionId}",
 *     answer: ({ params }) => ({ id: params.sessionId, isActive: true }),
 *   }),
 * ];
 * ```
 */
export function stub<const P extends string>(
  entry: Omit<Stub<P>, "answer"> & {
    readonly answer?: ((call: StubCall<P>) => unknown) | object | string | null;
  },
): Stub {
  return entry as unknown as Stub;
}

/** Most stubs. */
const MAX_STUBS = 1_000;

const stubsSchema = z.array(z.strictObject({
  method: z.enum(["DELETE", "GET", "PATCH", "POST", "PUT"]),
  path: z.string().regex(
    /^\/(?!emulator(?:\/|$))[^?#\s]+$/,
    "expected a path such as /iam/v3/admin/namespaces/{namespace}/roles, without a query",
  ),
  answer: z.unknown().optional(),
  status: z.int().min(200).max(599).optional(),
})).max(MAX_STUBS);

/** Stubs that make no sense; says which and why. */
export class StubError extends TypeError {
  override name = "StubError";
}

/**
 * Checks a list of stubs.
 *
 * @throws {StubError} It is none, or two answer the same.
 */
export function parseStubs(input: unknown): readonly Stub[] {
  const parsed = stubsSchema.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) =>
      `${path.length === 0 ? "the default export" : placeOf(path)}: ${message}`
    );
    throw new StubError(problems.join("; "));
  }
  const stubs = parsed.data as readonly Stub[];
  try {
    createRouter(stubRoutes(stubs));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new StubError(error.message);
  }
  return stubs;
}

function placeOf([index, ...rest]: readonly PropertyKey[]): string {
  return [`entry ${Number(index) + 1}`, ...rest.map(String)].join(", ");
}

/** The routes of stubs: with AGS's checks of token and namespace. */
export function stubRoutes(stubs: readonly Stub[]): readonly Route[] {
  return stubs.map((entry) => ({
    method: entry.method,
    template: entry.path,
    permission: { resource: "ADMIN:NAMESPACE:{namespace}", action: 0 },
    journalBody: true,
    handle: (call) => answerOf(entry, call),
  }));
}

async function answerOf(entry: Stub, call: Call): Promise<Answer> {
  const { answer } = entry;
  if (typeof answer !== "function") return finish(entry, answer);
  let body: unknown;
  if (call.body !== "") {
    const read = readJson(call, (value) => ({ ok: true, value }));
    if (isAnswer(read)) return read;
    body = read.value;
  }
  const { params, query } = call;
  return finish(
    entry,
    await answer({ params, query: new URLSearchParams(query), body }),
  );
}

function finish({ status, method, path }: Stub, answer: unknown): Answer {
  if (answer instanceof StubAnswer) {
    return finish({ status: answer.status, method, path }, answer.body);
  }
  if (answer === undefined) return { status: status ?? 204, body: "" };
  const text = JSON.stringify(answer);
  if (text === undefined) {
    return agsError(500, {
      errorCode: 20000,
      errorMessage: `Stub ${method} ${path} answers what is not JSON`,
    });
  }
  return { status: status ?? 200, body: text };
}
