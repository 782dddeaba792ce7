/**
 * Reading request bodies: media type, JSON, and the check against a schema,
 * each with the answer AGS gives when it does not hold.
 *
 * @module
 */

import type { z } from "zod";
import {
  type Answer,
  badRequest,
  type FieldError,
  gatewayError,
  validationError,
} from "./errors.ts";
import type { Call } from "./router.ts";

/** A checked value, or what is wrong with it. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Media type of a request in lower case, without parameters. */
export function mediaType(headers: Call["headers"]): string {
  const value = headers["content-type"];
  const text = typeof value === "string" ? value : "";
  return (text.split(";", 1)[0] ?? "").trim().toLowerCase();
}

/**
 * Reads and checks a JSON body.
 *
 * @param call The call.
 * @param check Check of the parsed value.
 * @returns The checked value, or the answer that refuses it.
 */
export function readJson<T>(
  { headers, body }: Pick<Call, "body" | "headers">,
  check: (input: unknown) => Checked<T>,
): { readonly value: T } | Answer {
  if (mediaType(headers) !== "application/json") {
    return gatewayError(415, "content type must be application/json");
  }
  let input: unknown;
  try {
    input = JSON.parse(body);
  } catch {
    return badRequest("unable to parse request body");
  }
  const checked = check(input);
  return checked.ok
    ? { value: checked.value }
    : validationError(checked.errors);
}

/** Checks a value against a schema, listing every field that does not fit. */
export function checkSchema<T>(
  schema: z.ZodType<T>,
  input: unknown,
): Checked<T> {
  const result = schema.safeParse(input);
  if (result.success) return { ok: true, value: result.data };
  const errors = result.error.issues.map(({ path, message }) => ({
    field: path.join("."),
    message,
    value: valueAt(input, path),
  }));
  return { ok: false, errors };
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value: unknown = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
