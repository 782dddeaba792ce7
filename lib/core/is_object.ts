/**
 * Tells JSON objects from other values.
 *
 * @module
 */

/** Whether a value is a JSON object, and neither a list nor null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
