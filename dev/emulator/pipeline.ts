/**
 * What happens to a request between the socket and the service: route, faults,
 * token, namespace, handler, journal.
 *
 * @module
 */

import {
  agsError,
  type Answer,
  badRequest,
  forbidden,
  gatewayError,
  oauthError,
  type Permission,
  unauthorized,
} from "./errors.ts";
import { faultAnswer } from "./fault_answers.ts";
import type { SlowBodyFault } from "./fault_schema.ts";
import type { FaultPlan, FaultSource } from "./faults.ts";
import type { JournalWriter } from "./journal.ts";
import { type Call, createRouter, type Match, type Route } from "./router.ts";
import type { Tokens } from "./tokens.ts";

/** A request as it came in. */
export interface IncomingRequest {
  /** HTTP method. */
  readonly method: string;
  /** Path and query string. */
  readonly target: string;
  /** Headers with lower-case names. */
  readonly headers: Call["headers"];
  /** Body; `undefined` when it was larger than allowed. */
  readonly body: string | undefined;
}

/** How a request ends. */
export type Outcome =
  | {
    readonly kind: "answer";
    readonly answer: Answer;
    /** How the body drips, if it does. */
    readonly slow?: SlowBodyFault;
  }
  | { readonly kind: "hang" }
  | { readonly kind: "reset" };

/** Parts the pipeline is made of. */
export interface PipelineOptions {
  /** Finds the operation of the emulated services, or the stub, of a request. */
  readonly findRoute: (method: string, path: string) => Match;
  /** Told of a request that there is no operation for. @default {nobody} */
  readonly onUnknown?: ((method: string, path: string) => void) | undefined;
  /** Operations of the emulator itself, below `/emulator`. */
  readonly control: readonly Route[];
  /** Namespace that the tokens are good for. */
  readonly namespace: string;
  /** What checks tokens. */
  readonly tokens: Tokens;
  /** What goes wrong. */
  readonly faults: FaultSource;
  /** Where requests are noted. */
  readonly journal: JournalWriter;
  /** Time in milliseconds since the epoch. */
  readonly now: () => number;
}

/** Ends a request; `wait` is how it waits for a latency fault. */
export type Pipeline = (
  request: IncomingRequest,
  wait: (ms: number) => Promise<void>,
) => Promise<Outcome>;

const NO_EFFECTS: ReadonlySet<string> = new Set();

/** Headers the journal keeps: none of them is made to carry a credential. */
const KEPT_HEADERS = [
  "user-agent",
  "baggage",
  "traceparent",
  "tracestate",
  "b3",
  "x-b3-traceid",
  "x-b3-spanid",
  "x-b3-parentspanid",
  "x-b3-sampled",
  "x-b3-flags",
] as const;

/**
 * Builds the pipeline.
 *
 * @param options Its parts.
 */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { faults, journal, now, findRoute } = options;
  const findControl = createRouter(options.control);

  async function run(
    request: IncomingRequest,
    wait: (ms: number) => Promise<void>,
  ): Promise<Outcome> {
    const { method, target } = request;
    const path = pathOf(target);
    const query = target.slice(path.length + 1);
    if (isControl(path)) {
      const match = findControl(method, path);
      const answer = await respond({ request, query, match, options });
      return { kind: "answer", answer };
    }
    const time = now();
    const match = findRoute(method, path);
    const plan = faults.plan(method, path);
    if (plan !== undefined && plan.delay > 0) await wait(plan.delay);
    const outcome = await end({ request, query, match, options, plan });
    note({ journal, request, path, time, match, outcome, plan });
    return outcome;
  }

  return run;
}

/** What a caller is told whose operation is neither emulated nor stubbed. */
const UNKNOWN =
  "the emulator has no such operation: answer it in emulator/stubs.ts, see docs/emulator.md";

function pathOf(target: string): string {
  const mark = target.indexOf("?");
  return mark < 0 ? target : target.slice(0, mark);
}

function isControl(path: string): boolean {
  return /^\/emulator(?:[/?]|$)/.test(path);
}

interface Step {
  readonly request: IncomingRequest;
  readonly query: string;
  readonly match: Match;
  readonly options: PipelineOptions;
  readonly plan?: FaultPlan | undefined;
}

async function end(step: Step): Promise<Outcome> {
  const { match, options, plan } = step;
  const early = plan?.early;
  if (early !== undefined) {
    if (early.kind === "hang" || early.kind === "reset") {
      return { kind: early.kind };
    }
    const errors = errorShape(match);
    const answer = faultAnswer(early, { errors, now: options.now() });
    return { kind: "answer", answer };
  }
  const answer = await respond(step);
  switch (plan?.late?.kind) {
    case "hangAfter":
      return { kind: "hang" };
    case "resetAfter":
      return { kind: "reset" };
    case "slowBody":
      return { kind: "answer", answer, slow: plan.late };
    default:
      return { kind: "answer", answer };
  }
}

async function respond(
  { request, query, match, options, plan }: Step,
): Promise<Answer> {
  if (match.kind === "badPath") return badRequest(match.message);
  if (match.kind !== "found") {
    const { method, target } = request;
    const isAgs = !isControl(target);
    if (isAgs) options.onUnknown?.(method, pathOf(target));
    return match.kind === "notFound"
      ? gatewayError(404, isAgs ? UNKNOWN : "no such operation")
      : methodNotAllowed(match);
  }
  const { route, params } = match;
  const { headers, body } = request;
  if (body === undefined) {
    return gatewayError(413, "request body is too large");
  }
  if (route.permission !== undefined) {
    const token = bearerToken(headers["authorization"]);
    if (token === undefined || !await options.tokens.verify(token)) {
      return unauthorized();
    }
    const { namespace = options.namespace } = params;
    if (namespace !== options.namespace) {
      return forbidden(fill(route.permission, params));
    }
  }
  const effects = plan?.effects ?? NO_EFFECTS;
  try {
    return await route.handle({ params, query, headers, body, effects });
  } catch (error) {
    // A fault of the emulator itself: its user must see it, its caller not.
    // deno-lint-ignore no-console -- there is no other way to its user
    console.error(`${request.method} ${route.template} failed:`, error);
    return agsError(500, {
      errorCode: 20000,
      errorMessage: "internal server error",
    });
  }
}

function methodNotAllowed(
  { allow, errors }: Match & { readonly kind: "methodNotAllowed" },
): Answer {
  const allowed = allow.join(", ");
  const answer = errors === "oauth"
    ? oauthError(405, {
      error: "invalid_request",
      error_description: `method not allowed, use ${allowed}`,
    })
    : gatewayError(
      405,
      `method not allowed, use ${allowed}, or a stub in emulator/stubs.ts`,
    );
  return { ...answer, headers: { allow: allowed } };
}

function errorShape(match: Match): Route["errors"] {
  if (match.kind === "found") return match.route.errors;
  return match.kind === "methodNotAllowed" ? match.errors : undefined;
}

function bearerToken(
  header: string | string[] | undefined,
): string | undefined {
  if (typeof header !== "string") return undefined;
  return header.slice(0, 7).toLowerCase() === "bearer "
    ? header.slice(7)
    : undefined;
}

function fill(
  { resource, action }: Permission,
  params: Readonly<Record<string, string>>,
): Permission {
  return {
    resource: resource.replace(/\{(\w+)\}/g, (_, name) => params[name] ?? ""),
    action,
  };
}

function note(
  { journal, request, path, time, match, outcome, plan }: {
    readonly journal: JournalWriter;
    readonly request: IncomingRequest;
    readonly path: string;
    readonly time: number;
    readonly match: Match;
    readonly outcome: Outcome;
    readonly plan: FaultPlan | undefined;
  },
): void {
  const found = match.kind === "found" ? match : undefined;
  const userId = found?.params.userId;
  journal.addRequest({
    time,
    method: request.method,
    path,
    ...(found !== undefined && { route: found.route.template }),
    status: outcome.kind === "answer" ? outcome.answer.status : null,
    ...(userId !== undefined && { userId }),
    headers: keptHeaders(request.headers),
    ...(plan !== undefined && { faults: plan.kinds }),
  }, found?.route.journalBody ? request.body : undefined);
}

function keptHeaders(headers: Call["headers"]): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = headers[name];
    if (typeof value === "string") kept[name] = value;
  }
  return kept;
}
