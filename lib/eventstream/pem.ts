/**
 * Parses certificates and keys in PEM.
 *
 * @module
 */

import { createPrivateKey } from "node:crypto";
import { StreamOptionsError } from "./errors.ts";

/** The contents of a PEM text. */
export interface Pem {
  /** Its certificates, in order. */
  readonly certificates: readonly string[];
  /** Its private key, the last if there are several. */
  readonly privateKey: string | undefined;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;

/**
 * Parses a PEM text: blocks of type `CERTIFICATE` are certificates, any other
 * is taken for a private key.
 *
 * @throws {StreamOptionsError} It contains neither, or the key cannot be read.
 */
export function readPem(text: string): Pem {
  const certificates: string[] = [];
  let privateKey: string | undefined;
  for (const [block, label] of text.matchAll(BLOCK)) {
    if (label === "CERTIFICATE") certificates.push(`${block}\n`);
    else privateKey = checkKey(`${block}\n`);
  }
  if (certificates.length === 0 && privateKey === undefined) {
    throw new StreamOptionsError(
      "PEM text has no certificate and no private key: expected one of them",
    );
  }
  return { certificates, privateKey };
}

function checkKey(pem: string): string {
  try {
    createPrivateKey(pem);
    return pem;
  } catch {
    // The cause could quote the key.
    throw new StreamOptionsError(
      "PEM text has a private key that cannot be read: expected PKCS #1, PKCS #8 " +
        "or SEC 1, without passphrase",
    );
  }
}
