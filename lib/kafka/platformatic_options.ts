/**
 * Our options as those of @platformatic/kafka, and its errors as ours.
 *
 * @module
 */

import { type BaseOptions, findErrorBy } from "@platformatic/kafka";
import type { ConnectionOptions, SaslOptions } from "./connection.ts";
import { PortError } from "./port.ts";

/** How long a request may take, in milliseconds. */
const REQUEST_TIMEOUT = 30_000;

/** What brokers refuse for good. */
const FINAL = [
  "CLUSTER_AUTHORIZATION_FAILED",
  "GROUP_AUTHORIZATION_FAILED",
  "INVALID_RECORD",
  "INVALID_REQUIRED_ACKS",
  "INVALID_TOPIC_EXCEPTION",
  "MESSAGE_TOO_LARGE",
  "POLICY_VIOLATION",
  "RECORD_LIST_TOO_LARGE",
  "SASL_AUTHENTICATION_FAILED",
  "TOPIC_AUTHORIZATION_FAILED",
  "UNSUPPORTED_FOR_MESSAGE_FORMAT",
];

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
      // Brokers are also known by their addresses, which are no server names.
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

/** Any error of the library as one of ours, with what the broker calls it. */
export function portError(what: string, error: unknown): PortError {
  if (error instanceof PortError) return error;
  const found = error instanceof Error ? error : new Error(String(error));
  const final = FINAL.find((id) => findErrorBy(found, "apiId", id));
  const isRefused = findErrorBy(found, "code", "PLT_KFK_AUTHENTICATION");
  const code = final ?? codeOf(found);
  return new PortError(code === undefined ? what : `${what}: ${code}`, {
    cause: found,
    retryable: final === undefined && !isRefused,
    code,
  });
}

/** The broker's own code, however deep the library has it. */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  if ("apiId" in error && typeof error.apiId === "string") return error.apiId;
  if (error instanceof AggregateError) {
    for (const each of error.errors) {
      const code = codeOf(each);
      if (code !== undefined) return code;
    }
  }
  return "cause" in error ? codeOf(error.cause) : undefined;
}

/** Whether the library says that there is no such topic. */
export function isUnknownTopic(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Unknown topic ");
}
