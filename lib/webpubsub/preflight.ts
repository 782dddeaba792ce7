/**
 * CloudEvents abuse protection: the service asks whether it may send events
 * here. The answer is consent, not authentication.
 *
 * @module
 */

import type { RequestValidator } from "./validator.ts";

/**
 * The origin to answer a preflight with; `undefined` refuses it.
 *
 * @param headers The preflight's headers.
 * @param validator Decides; without one, any origin is accepted.
 */
export function allowedOrigin(
  headers: Headers,
  validator: RequestValidator | undefined,
): string | undefined {
  const origins = headers.get("webhook-request-origin");
  if (!origins) return undefined;
  if (validator === undefined) return "*";
  // Microsoft's libraries accept a list, while the service sends one host.
  // Exactly one is returned, because the service compares the whole line.
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
