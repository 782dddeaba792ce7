/**
 * How to reach AccelByte Gaming Services, and the service's identity there.
 *
 * @module
 */

import { z } from "zod";
import { httpUrl, integer, secret, text } from "./kinds.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

/** How to reach AccelByte Gaming Services, and the service's identity there. */
export const AGS_SETTINGS = defineSettings({
  /** The base URL of AGS, without a trailing slash. */
  baseUrl: {
    env: "AB_BASE_URL",
    doc: "Base URL of AGS. If unset, `./task dev` uses its own emulator",
    expected: "an http or https URL without credentials or query",
    example: "https://mystudio-mygame.prod.gamingservices.accelbyte.io",
    secret: "maybe",
    schema: httpUrl,
  },
  /** The IAM client that the service logs in as. */
  clientId: {
    env: "AB_CLIENT_ID",
    doc: "Id of the confidential IAM client that the service logs in as",
    expected: "a client id, not in quotes",
    secret: "maybe",
    schema: text,
  },
  /** That client's secret. */
  clientSecret: {
    env: "AB_CLIENT_SECRET",
    doc: "Secret of that client",
    expected: "a client secret, not in quotes",
    secret: true,
    schema: secret,
  },
  /** The namespace of this app. */
  namespace: {
    env: "AB_NAMESPACE",
    doc: "Namespace of the game. Events of other namespaces are skipped",
    expected: "a namespace of letters, digits, - and _",
    example: "mystudio-mygame",
    schema: z.string().trim().regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/),
  },
  /** Requests to AGS per minute, from all handlers; 0: no limit. */
  rateLimit: {
    env: "AB_RATE_LIMIT",
    doc: "Requests to AGS per minute, from all handlers; 0: no limit. By " +
      "default, Shared Cloud allows a studio 5000 for everything that it " +
      "runs",
    expected: "a whole number from 0 to 10000000",
    default: "0",
    schema: integer(0, 10_000_000),
  },
  /** The AGS fulfillment API that grants items. */
  fulfillmentApi: {
    env: "FULFILLMENT_API",
    doc:
      "AGS API that grants items: `v1`, or `v3`, which grants once per event " +
      "but is not available on Shared Cloud",
    expected: "v1 or v3",
    default: "v1",
    schema: z.enum(["v1", "v3"]),
  },
});

/** These settings, validated. */
export type AgsConfig = ConfigOf<typeof AGS_SETTINGS>;
