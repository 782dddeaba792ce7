/**
 * How to reach a cluster, and who one is there.
 *
 * @module
 */

import type { Secret } from "../config/secret.ts";
import { StreamOptionsError } from "./errors.ts";
import { readPem } from "./pem.ts";

/** An encrypted connection. */
export interface TlsOptions {
  /** Certificates to trust, as PEM. @default {the system's} */
  readonly ca?: string;
  /** The client's own certificate, with those between it and the root, as PEM. */
  readonly certificate?: string;
  /** The private key of the client's certificate, as PEM. */
  readonly privateKey?: Secret;
  /** The name that the broker's certificate has to have. @default {the broker's host} */
  readonly serverName?: string;
}

/** Who one is. */
export type SaslOptions =
  | {
    readonly mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";
    readonly username: string;
    readonly password: Secret;
  }
  | {
    readonly mechanism: "OAUTHBEARER";
    /** Gets a token; called for each connection, and before one expires. */
    readonly token: () => Promise<Secret> | Secret;
  };

/** How to reach a cluster. */
export interface ConnectionOptions {
  /** Brokers to begin with: `host:port`. */
  readonly brokers: readonly string[];
  /** What brokers' logs call this client. */
  readonly clientId: string;
  /** Encrypts connections. @default {not encrypted} */
  readonly tls?: TlsOptions;
  /** Authenticates. @default {anonymous} */
  readonly sasl?: SaslOptions;
  /** How long connecting may take, in milliseconds. */
  readonly connectTimeout: number;
}

/**
 * Checks what can be checked without connecting.
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
