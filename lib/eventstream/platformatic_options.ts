/**
 * Converts our options to those of @platformatic/kafka, and its errors to ours.
 *
 * @module
 */

import type { BaseOptions } from "@platformatic/kafka";
import type { ConnectionOptions, SaslOptions } from "./connection.ts";
import { NO_TOPIC, PortError } from "./port.ts";

/** Time limit for a request, in milliseconds. */
const REQUEST_TIMEOUT = 30_000;

/** Permanent broker errors. */
const FINAL = [
  "CLUSTER_AUTHORIZATION_FAILED",
  "GROUP_AUTHORIZATION_FAILED",
  "INVALID_RECORD",
  "INVALID_REQUIRED_ACKS",
  "INVALID_TIMESTAMP",
  "INVALID_TOPIC_EXCEPTION",
  "MESSAGE_TOO_LARGE",
  "POLICY_VIOLATION",
  "RECORD_LIST_TOO_LARGE",
  "SASL_AUTHENTICATION_FAILED",
  "TOPIC_AUTHORIZATION_FAILED",
  "UNSUPPORTED_FOR_MESSAGE_FORMAT",
];

/** The library's code for refused credentials. */
const REFUSED = "PLT_KFK_AUTHENTICATION";

/** Options that all of the library's clients share. */
export function baseOptions(options: ConnectionOptions): BaseOptions {
  const { brokers, clientId, tls, sasl, connectTimeout } = options;
  return {
    clientId,
    bootstrapBrokers: [...brokers],
    connectTimeout,
    requestTimeout: REQUEST_TIMEOUT,
    retries: 0,
    ...(tls !== undefined && {
      tls: {
        ...(tls.ca !== undefined && { ca: tls.ca }),
        ...(tls.certificate !== undefined && { cert: tls.certificate }),
        ...(tls.privateKey !== undefined && { key: tls.privateKey.reveal() }),
      },
      // Brokers may be known by IP addresses, which are not valid server names.
      ...(tls.serverName !== undefined && { tlsServerName: tls.serverName }),
    }),
    ...(sasl !== undefined && { sasl: saslOptions(sasl) }),
  };
}

function saslOptions(sasl: SaslOptions): NonNullable<BaseOptions["sasl"]> {
  return sasl.mechanism === "OAUTHBEARER"
    ? {
      mechanism: sasl.mechanism,
      token: async () => (await sasl.token()).reveal(),
    }
    : {
      mechanism: sasl.mechanism,
      username: sasl.username,
      password: sasl.password.reveal(),
    };
}

/** Converts any error of the library to ours, with the broker's error code. */
export function portError(what: string, error: unknown): PortError {
  if (error instanceof PortError) return error;
  const all = [...errorsIn(error)];
  const codes = all.flatMap(({ apiId }) => apiId ?? []);
  const final = codes.find((code) => FINAL.includes(code)) ??
    all.map(({ code }) => code).find((code) => code === REFUSED);
  const code = final ?? codes[0] ??
    (all.some(isUnknownTopic) ? NO_TOPIC : undefined);
  return new PortError(code === undefined ? what : `${what}: ${code}`, {
    cause: error,
    retryable: final === undefined,
    code,
  });
}

/** The fields of the library's errors. */
interface LibraryError {
  /** Its kind. */
  readonly code?: string;
  /** The broker's error code. */
  readonly apiId?: string;
  readonly errors?: readonly unknown[];
  readonly cause?: unknown;
}

/**
 * An error and all nested errors: the library nests them by list and by cause.
 */
function* errorsIn(error: unknown): Generator<LibraryError> {
  if (!(error instanceof Error)) return;
  const { errors = [], cause } = error as LibraryError;
  yield error as LibraryError;
  for (const each of errors) yield* errorsIn(each);
  yield* errorsIn(cause);
}

/** Whether the library reports an unknown topic. */
export function isUnknownTopic(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Unknown topic ");
}
