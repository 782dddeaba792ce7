/**
 * The Azure Web PubSub REST client.
 *
 * @module
 */

import {
  accessKeyCredentials,
  type Credentials,
  entraCredentials,
} from "./credentials.ts";
import { Hub } from "./hub.ts";
import { createTransport } from "./transport.ts";
import type { WebPubSubService } from "./types.ts";
import { checkHub } from "./url.ts";

/** How to authenticate. */
export type ClientCredentials =
  | {
    /** A connection string, as shown by the Azure portal. */
    readonly connectionString: string;
  }
  | {
    /** The endpoint, such as `https://chat.webpubsub.azure.com`. */
    readonly endpoint: string;
    /**
     * Gets a Microsoft Entra ID token for
     * `https://webpubsub.azure.com/.default`, and caches it until it expires.
     */
    readonly getToken: (signal: AbortSignal) => Promise<string>;
  };

/** Options of {@linkcode createWebPubSubClient}. */
export type WebPubSubClientOptions = ClientCredentials & {
  /** The fetch function. @default {fetch} */
  readonly fetch?: typeof fetch;
  /**
   * Time limit for a call with all its attempts, in milliseconds.
   * @default {10000}
   */
  readonly timeout?: number;
  /** The most attempts of a call. @default {4} */
  readonly maxAttempts?: number;
  /**
   * Upper bound of the first delay between two attempts, in milliseconds.
   * @default {200}
   */
  readonly baseDelay?: number;
};

/**
 * Creates a client of Web PubSub's REST API.
 *
 * Calls are retried if that is safe: an idempotent call after any temporary
 * problem; a message only if the service has refused it (429, 503), because an
 * unanswered one may have arrived.
 *
 * @example
 * ```ts
 * import { createWebPubSubClient } from "event-handler/web-pubsub";
 *
 * const client = createWebPubSubClient({
 *   connectionString:
 *     "Endpoint=https://chat.webpubsub.azure.com;AccessKey=secret;Version=1.0;",
 * });
 * const hub = client.hub("chat");
 * const url = await hub.clientUrl({ userId: "me", expiresIn: 60_000 });
 * console.assert(url.startsWith("wss://chat.webpubsub.azure.com/client/hubs/chat?"));
 * ```
 *
 * @throws {TypeError} The connection string or endpoint is invalid.
 */
export function createWebPubSubClient(
  options: WebPubSubClientOptions,
): WebPubSubService {
  const credentials = credentialsOf(options);
  const transport = createTransport({ ...options, credentials });
  return {
    hub: (name, { signal } = {}) =>
      new Hub({ name: checkHub(name), credentials, transport, signal }),
  };
}

function credentialsOf(options: ClientCredentials): Credentials {
  return "connectionString" in options
    ? accessKeyCredentials(options.connectionString)
    : entraCredentials(options.endpoint, options.getToken);
}
