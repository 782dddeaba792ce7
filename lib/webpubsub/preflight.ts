/**
 * CloudEvents' abuse protection: the service asks whether it may send events here.
 * The answer is consent, and authenticates nothing.
 *
 * @module
 */

import type { RequestValidator } from "./validator.ts";

/**
 * Which origin a preflight is answered with; `undefined` refuses it.
 *
 * @param headers The preflight's headers.
 * @param validator What decides; without one, any origin is taken.
 */
export function allowedOrigin(
  headers: Headers,
  validator: RequestValidator | undefined,
): string | undefined {
  const origins = headers.get("webhook-request-origin");
  if (!origins) return undefined;
  if (validator === undefined) return "*";
  // Microsoft's libraries take a list; the service sends one host. Exactly one comes
  // back: the service compares the whole line.
  return origins.split(",").map((origin) => origin.trim()).find((origin) =>
    origin !== "" && validator.allowsOrigin(origin.toLowerCase())
  );
}

/** The answer that consents. */
export function consent(origin: string): Response {
  return new Response(null, {
    status: 200,
    headers: {
      "webhook-allowed-origin": origin,
      "webhook-allowed-rate": "*",
      "allow": "POST",
    },
  });
}
