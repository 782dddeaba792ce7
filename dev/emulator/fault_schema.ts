/**
 * The faults the emulator can be told to show, and the check of what it is
 * told.
 *
 * @module
 */

import { z } from "zod";

/** Fields that every fault has. */
export interface FaultBase {
  /** Requests it applies to; all when absent. */
  readonly match?: FaultMatch | undefined;
  /** Matching requests that pass before it starts. @default {0} */
  readonly skip?: number | undefined;
  /** Times it shows before it switches itself off; for ever when absent. */
  readonly times?: number | undefined;
  /** Share of matching requests it shows on, above 0 to 1. @default {1} */
  readonly rate?: number | undefined;
  /** Seed of the choice that `rate` makes: same seed, same choice. @default {1} */
  readonly seed?: number | undefined;
}

/** Requests a fault applies to; everything given must hold. */
export interface FaultMatch {
  /** HTTP method in upper case. */
  readonly method?: string | undefined;
  /**
   * An OpenAPI path such as
   * `/platform/admin/namespaces/{namespace}/users/{userId}/fulfillment`, which
   * must fit the whole path; or, without braces, a path that the request's
   * path equals or lies below.
   */
  readonly path?: string | undefined;
}

/** Answers late, then as usual. */
export interface LatencyFault extends FaultBase {
  /** Which fault this is. */
  readonly kind: "latency";
  /** Delay before the request is processed, in milliseconds. */
  readonly ms: number;
}

/** Answers an error in AGS's shape; nothing is processed. */
export interface ErrorFault extends FaultBase {
  /** Which fault this is. */
  readonly kind: "error";
  /** HTTP status, 400 to 599. */
  readonly status: number;
  /** AGS error code. @default {20000} */
  readonly errorCode?: number | undefined;
  /** AGS error message. */
  readonly errorMessage?: string | undefined;
  /** Whole JSON body instead of the standard one. */
  readonly body?: unknown;
}

/** Answers 401 whatever the token; nothing is processed. */
export interface UnauthorizedFault extends FaultBase {
  /** Which fault this is. */
  readonly kind: "unauthorized";
}

/** Answers 429; nothing is processed. */
export interface TooManyRequestsFault extends FaultBase {
  /** Which fault this is. */
  readonly kind: "tooManyRequests";
  /** Seconds to wait. @default {1} */
  readonly retryAfter?: number | undefined;
  /** Form of the Retry-After header. @default {"seconds"} */
  readonly format?: "date" | "none" | "seconds" | undefined;
}

/** Resets the TCP connection before the request is processed. */
export interface ResetFault extends FaultBase {
  /** Which fault this is. */
  readonly kind: "reset";
}

/**
 * Never answers and does not process the request; the connection stays open
 * until the caller or the emulator closes it.
 */
export interface HangFault extends FaultBase {
  /** Which fault this is. */
  readonly kind: "hang";
}

/**
 * Processes the request and then loses the answer, so that the caller cannot
 * know what happened: by a TCP reset, or by never answering.
 */
export interface LostAnswerFault extends FaultBase {
  /** Which fault this is. */
  readonly kind: "hangAfter" | "resetAfter";
}

/** Sends the headers at once and lets the body drip. */
export interface SlowBodyFault extends FaultBase {
  /** Which fault this is. */
  readonly kind: "slowBody";
  /** Bytes at a time. @default {1} */
  readonly chunkBytes?: number | undefined;
  /** Milliseconds between them. @default {100} */
  readonly intervalMs?: number | undefined;
}

/** Answers an HTML page, as a proxy in between does. Nothing is processed. */
export interface HtmlFault extends FaultBase {
  /** Which fault this is. */
  readonly kind: "html";
  /** HTTP status: 200, or 400 to 599. @default {502} */
  readonly status?: number | undefined;
  /** Length of the page, in bytes. @default {a short one} */
  readonly bytes?: number | undefined;
}

/**
 * Makes fulfillment answer 200 and grant nothing: `noSummaries` without any
 * summary list, `fulfillFailed` (v3 only) with the state FULFILL_FAILED.
 */
export interface EmptyGrantFault extends FaultBase {
  /** Which fault this is. */
  readonly kind: "fulfillFailed" | "noSummaries";
}

/** One thing that goes wrong on demand. */
export type Fault =
  | EmptyGrantFault
  | ErrorFault
  | HangFault
  | HtmlFault
  | LatencyFault
  | LostAnswerFault
  | ResetFault
  | SlowBodyFault
  | TooManyRequestsFault
  | UnauthorizedFault;

/** Most faults set at one time. */
export const MAX_FAULTS = 100;

const MAX_MS = 600_000;

/** Longest page, in bytes. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024;

const base = {
  match: z.strictObject({
    method: z.enum(["DELETE", "GET", "PATCH", "POST", "PUT"]).optional(),
    path: z.string().startsWith("/").optional(),
  }).optional(),
  skip: z.int().min(0).optional(),
  times: z.int().min(1).optional(),
  rate: z.number().gt(0).lte(1).optional(),
  seed: z.int().optional(),
};

function kinds<const K extends string>(...names: readonly [K, ...K[]]) {
  return z.strictObject({ ...base, kind: z.enum(names) });
}

const faultSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    ...base,
    kind: z.literal("latency"),
    ms: z.int().min(0).max(MAX_MS),
  }),
  z.strictObject({
    ...base,
    kind: z.literal("error"),
    status: z.int().min(400).max(599),
    errorCode: z.int().optional(),
    errorMessage: z.string().optional(),
    body: z.unknown().optional(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal("tooManyRequests"),
    retryAfter: z.int().min(0).optional(),
    format: z.enum(["date", "none", "seconds"]).optional(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal("slowBody"),
    chunkBytes: z.int().min(1).optional(),
    intervalMs: z.int().min(1).max(MAX_MS).optional(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal("html"),
    status: z.union([z.literal(200), z.int().min(400).max(599)]).optional(),
    bytes: z.int().min(0).max(MAX_PAGE_BYTES).optional(),
  }),
  kinds("reset"),
  kinds("hang"),
  kinds("hangAfter", "resetAfter"),
  kinds("fulfillFailed", "noSummaries"),
  kinds("unauthorized"),
]);

const faultsSchema: z.ZodType<Fault[]> = z.array(faultSchema).max(MAX_FAULTS);

/** Faults that are not valid, with every reason. */
export class FaultError extends TypeError {
  /** One sentence per wrong field. */
  readonly problems: readonly string[];

  /**
   * Gathers the problems in one message.
   *
   * @param problems One sentence per wrong field.
   */
  constructor(problems: readonly string[]) {
    super(`Cannot set the faults: ${problems.join("; ")}`);
    this.name = "FaultError";
    this.problems = problems;
  }
}

/**
 * Checks a list of faults.
 *
 * @throws {FaultError} If it is not a list of valid faults.
 */
export function parseFaults(input: unknown): readonly Fault[] {
  const result = faultsSchema.safeParse(input);
  if (result.success) return result.data;
  throw new FaultError(
    result.error.issues.map(({ path, message }) =>
      `faults${path.map(segment).join("")}: ${message}`
    ),
  );
}

function segment(key: PropertyKey): string {
  return typeof key === "number" ? `[${key}]` : `.${String(key)}`;
}
