/**
 * How to connect and authenticate to a cluster.
 *
 * @module
 */

import type { Secret } from "../config/secret.ts";
import { StreamOptionsError } from "./errors.ts";
import { readPem } from "./pem.ts";

/** Options of a TLS connection. */
export interface TlsOptions {
  /** CA certificates, as PEM. @default {the system's} */
  readonly ca?: string;
  /** The client certificate with its intermediates, as PEM. */
  readonly certificate?: string;
  /** The private key of the client's certificate, as PEM. */
  readonly privateKey?: Secret;
  /**
   * The host name that the broker's certificate must match. @default {the
   * broker's host}
   */
  readonly serverName?: string;
}

/** How to authenticate. */
export type SaslOptions =
  | {
    readonly mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";
    readonly username: string;
    readonly password: Secret;
  }
  | {
    readonly mechanism: "OAUTHBEARER";
    /**
     * Fetches a token; called for each connection, and before a token expires.
     */
    readonly token: () => Promise<Secret> | Secret;
  };

/** How to connect to a cluster. */
export interface ConnectionOptions {
  /** Bootstrap brokers: `host:port`. */
  readonly brokers: readonly string[];
  /** This client's name in the brokers' logs. */
  readonly clientId: string;
  /** TLS. @default {no TLS} */
  readonly tls?: TlsOptions;
  /** Authentication. @default {anonymous} */
  readonly sasl?: SaslOptions;
  /** Time limit for connecting, in milliseconds. */
  readonly connectTimeout: number;
}

/**
 * Validates the options as far as possible without connecting.
 *
 * @throws {StreamOptionsError} There is no broker, or a certificate cannot be read.
 */
export function checkConnection(
  { brokers, tls }: Pick<ConnectionOptions, "brokers" | "tls">,
): void {
  if (brokers.length === 0) {
    throw new StreamOptionsError("There is no broker: expected at least one");
  }
  for (const broker of brokers) {
    if (!/^(\[[0-9A-Fa-f:.]+\]|[^\s:/@]+):\d{1,5}$/.test(broker)) {
      throw new StreamOptionsError(
        `Broker is ${JSON.stringify(broker)}: expected host:port`,
      );
    }
  }
  if (tls === undefined) return;
  const { ca, certificate, privateKey } = tls;
  for (const [what, pem] of Object.entries({ ca, certificate })) {
    if (pem !== undefined && readPem(pem).certificates.length === 0) {
      throw new StreamOptionsError(
        `TLS option "${what}" has no certificate: expected PEM`,
      );
    }
  }
  if ((certificate === undefined) !== (privateKey === undefined)) {
    throw new StreamOptionsError(
      "TLS has one of certificate and private key: expected both or none",
    );
  }
  if (
    privateKey !== undefined &&
    readPem(privateKey.reveal()).privateKey === undefined
  ) {
    throw new StreamOptionsError(
      'TLS option "privateKey" has no private key: expected PEM',
    );
  }
}
