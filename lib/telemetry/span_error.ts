/**
 * What a span says of an error: which one it was, never in which words.
 *
 * An error's message may hold what a person wrote or is called (AGS's own words name
 * users, a bug's name whatever it met). The log has it, redacted, under the same trace
 * id and error id.
 *
 * @module
 */

import { type Attributes, type Span, SpanStatusCode } from "@opentelemetry/api";

/** What a class may be called: a message that was put there is none. */
const CLASS_NAME = /^[\w$.]{1,64}$/;

/** AGS's codes: numbers, or OAuth's words. */
const ERROR_CODE = /^[\w.-]{1,64}$/;

/** The class of an error, or `Error` for what is none. */
export function errorType(error: unknown): string {
  const name = error instanceof Error ? error.name : undefined;
  return typeof name === "string" && CLASS_NAME.test(name) ? name : "Error";
}

/** The HTTP status that AGS refused with, if that is what the error is. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "status" in error &&
      typeof error.status === "number"
    ? error.status
    : undefined;
}

/**
 * Marks a span as failed.
 *
 * @param type OpenTelemetry's `error.type`: few values.
 */
export function failSpan(
  span: Span,
  { error, type }: { readonly error: unknown; readonly type: string },
): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: type });
  span.setAttributes({ "error.type": type, ...agsCode(error) });
  if (error instanceof Error) {
    span.addEvent("exception", { "exception.type": errorType(error) });
  }
}

function agsCode(error: unknown): Attributes {
  if (!(error instanceof Error) || !("errorCode" in error)) return {};
  const code = String(error.errorCode);
  return error.errorCode !== undefined && ERROR_CODE.test(code)
    ? { "ags.error_code": code }
    : {};
}
