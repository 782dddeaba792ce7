/**
 * Calls Azure Web PubSub.
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

/** Who calls. */
export type ClientCredentials =
  | {
    /** A connection string, as the Azure portal shows it. */
    readonly connectionString: string;
  }
  | {
    /** The endpoint, such as `https://chat.webpubsub.azure.com`. */
    readonly endpoint: string;
    /**
     * Gets a token of Microsoft Entra ID for `https://webpubsub.azure.com/.default`, and
     * keeps it while it lives.
     */
    readonly getToken: (signal: AbortSignal) => Promise<string>;
  };

/** Options of {@linkcode createWebPubSubClient}. */
export type WebPubSubClientOptions = ClientCredentials & {
  /** What fetches. @default {fetch} */
  readonly fetch?: typeof fetch;
  /** Time for a call with all its attempts, in milliseconds. @default {10000} */
  readonly timeout?: number;
  /** Most attempts of a call. @default {4} */
  readonly maxAttempts?: number;
  /** Upper bound of the first wait between two attempts, in milliseconds. @default {200} */
  readonly baseDelay?: number;
};

/**
 * Makes a client of Web PubSub's REST API.
 *
 * Calls are tried again where that is safe: what does no more when it is done twice,
 * after any trouble that can pass; a message only when the service has refused it (429,
 * 503), for one that was not answered may have arrived.
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
 * @throws {TypeError} The connection string or endpoint is not as wanted.
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
