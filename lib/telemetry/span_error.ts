/**
 * Errors in spans: the class, never the message.
 *
 * An error's message may contain what a person wrote or a person's name (AGS's
 * messages name users). The log has it, redacted, under the same trace id and
 * error id.
 *
 * @module
 */

import { type Attributes, type Span, SpanStatusCode } from "@opentelemetry/api";

/** A valid class name; anything else may be a message. */
const CLASS_NAME = /^[\w$.]{1,64}$/;

/** AGS's codes: numbers, or OAuth's codes. */
const ERROR_CODE = /^[\w.-]{1,64}$/;

/** The class of an error, or `Error` for other values. */
export function errorType(error: unknown): string {
  const name = error instanceof Error ? error.name : undefined;
  return typeof name === "string" && CLASS_NAME.test(name) ? name : "Error";
}

/** The HTTP status of an AGS error. */
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
