/**
 * Encodes a dead letter as one line of JSON, and decodes it.
 *
 * @module
 */

import { z } from "zod";
import { withoutSecrets } from "../config/secret.ts";
import type { DeadLetter } from "../core/dead_letter.ts";

const errorSchema = z.object({ name: z.string(), message: z.string() });

const time = z.iso.datetime();

/** The line's schema. Fields of newer versions are accepted and ignored. */
const schema = z.preprocess(
  withSource,
  z.object({
    time,
    firstTime: time,
    outcome: z.enum(["rejected", "exhausted"]),
    reason: z.string(),
    attempts: z.number().int().positive(),
    source: z.string(),
    handler: z.string().optional(),
    event: z.object({
      id: z.string().min(1),
      type: z.string().min(1),
      source: z.string(),
      subject: z.string().optional(),
      time: z.string().optional(),
      namespace: z.string().optional(),
      data: z.unknown().optional(),
    }),
    bytes: z.base64().optional(),
    digest: z.object({
      size: z.number().int().nonnegative(),
      sha256: z.hash("sha256"),
    }).optional(),
    error: z.array(errorSchema),
    errorId: z.string().optional(),
  }),
);

/** Version 0.1 wrote `transport` for `source`. */
function withSource(line: unknown): unknown {
  return typeof line === "object" && line !== null && "transport" in line
    ? { source: line.transport, ...line }
    : line;
}

/** A dead letter in a file. */
export type LetterLine = z.infer<typeof schema>;

/** A line is not a dead letter. */
export class LetterLineError extends Error {
  override name = "LetterLineError";
}

/** The most causes of an error to keep. */
const MAX_CAUSES = 8;
/** The longest error text to keep, in characters. */
const MAX_MESSAGE = 2_000;

/** One line of JSON, without the line feed. */
export function encodeLetter(letter: DeadLetter): string {
  const { bytes, digest, errorId, event } = letter;
  const line: LetterLine = {
    time: new Date(letter.lastTime).toISOString(),
    firstTime: new Date(letter.firstTime).toISOString(),
    // No other outcome becomes a dead letter: lib/middleware/dead_letter.ts.
    outcome: letter.outcome as LetterLine["outcome"],
    reason: letter.reason,
    attempts: letter.attempts,
    source: letter.source,
    ...(letter.handler !== undefined && { handler: letter.handler }),
    event,
    ...(bytes && { bytes: bytes.toBase64() }),
    ...(digest && { digest }),
    error: causesOf(letter.error),
    ...(errorId !== undefined && { errorId }),
  };
  return JSON.stringify(line);
}

/**
 * Decodes a line.
 *
 * @throws {LetterLineError} It is not a dead letter. The message shows nothing
 * of it.
 */
export function decodeLetter(line: string): LetterLine {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // Without the parser's message, which quotes the line.
    throw new LetterLineError("Line is not JSON: expected a dead letter");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map(({ path }) => path.join(".") || "line");
  throw new LetterLineError(
    `Line is not a dead letter: ${
      [...new Set(where)].join(", ")
    } not as expected`,
  );
}

/** The error and its causes, outermost first. */
function causesOf(error: unknown): LetterLine["error"] {
  const causes: { name: string; message: string }[] = [];
  for (
    let each = error;
    each !== undefined && causes.length < MAX_CAUSES;
    each = each instanceof Error ? each.cause : undefined
  ) {
    const { name, message } = each instanceof Error
      ? each
      : { name: typeof each, message: String(each) };
    causes.push({
      name,
      message: withoutSecrets(message).slice(0, MAX_MESSAGE),
    });
  }
  return causes;
}
