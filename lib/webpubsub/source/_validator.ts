/**
 * What proves that an event is Web PubSub's, as the settings say it.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import type { WebPubSubConfig } from "../../config/webpubsub.ts";
import { AccessKeyValidator } from "../access_key_validator.ts";
import { parseConnectionString } from "../connection_string.ts";
import { EntraValidator } from "../entra_validator.ts";
import { allOf, type RequestValidator } from "../validator.ts";

/**
 * What is wrong with the settings, one a sentence. The texts of connection strings are
 * not in them.
 */
export function webPubSubProblems(config: WebPubSubConfig): readonly string[] {
  const problems: string[] = [];
  const strings = config.webPubSubConnectionStrings;
  for (const [index, each] of strings.entries()) {
    try {
      parseConnectionString(each.reveal());
    } catch (error) {
      problems.push(
        `WEBPUBSUB_CONNECTION_STRINGS is not usable: its string ${index + 1} ` +
          `is no connection string: ${(error as Error).message}`,
      );
    }
  }
  const { webPubSubAuth: auth } = config;
  if (auth.startsWith("key") && strings.length === 0) {
    problems.push(
      "WEBPUBSUB_CONNECTION_STRINGS is none: SOURCES has webPubSub, and " +
        `WEBPUBSUB_AUTH=${auth} checks signatures with their keys`,
    );
  }
  if (auth.endsWith("entra")) {
    const missing = [
      ["WEBPUBSUB_ENTRA_TENANT_ID", config.webPubSubEntraTenantId ?? ""],
      ["WEBPUBSUB_ENTRA_AUDIENCE", config.webPubSubEntraAudience ?? ""],
      ["WEBPUBSUB_ENTRA_CLIENT_IDS", config.webPubSubEntraClientIds],
      ["WEBPUBSUB_HOSTS", [...config.webPubSubHosts, ...strings]],
    ] as const;
    problems.push(
      ...missing.filter(([, value]) => value.length === 0).map(([name]) =>
        `${name} is none: WEBPUBSUB_AUTH=${auth} needs it`
      ),
    );
  }
  return problems;
}

/**
 * Makes what checks events; `undefined`: nothing does.
 *
 * @throws {TypeError} The settings are not complete: see {@linkcode webPubSubProblems}.
 */
export function createValidator(
  config: WebPubSubConfig,
): RequestValidator | undefined {
  const { webPubSubAuth: auth } = config;
  const strings = config.webPubSubConnectionStrings.map((each) =>
    each.reveal()
  );
  const validators: RequestValidator[] = [];
  if (auth.startsWith("key")) validators.push(new AccessKeyValidator(strings));
  if (auth.endsWith("entra")) {
    const { webPubSubEntraJwksUrl: jwksUrl } = config;
    validators.push(
      new EntraValidator({
        tenantId: config.webPubSubEntraTenantId ?? "",
        audience: config.webPubSubEntraAudience ?? "",
        clientIds: config.webPubSubEntraClientIds,
        hosts: [
          ...config.webPubSubHosts,
          ...strings.map((each) => parseConnectionString(each).host),
        ],
        ...(jwksUrl !== undefined && { jwksUrl }),
      }),
    );
  }
  return validators.length === 0 ? undefined : allOf(...validators);
}

/** Whether a query has the secret that is set; true where none is. */
export function createCodeCheck(
  { webPubSubCode: code }: WebPubSubConfig,
): (search: string) => boolean {
  if (code === undefined) return () => true;
  const wanted = hash(code.reveal());
  return (search) => {
    const given = new URLSearchParams(search).getAll("code");
    return given.length === 1 && timingSafeEqual(hash(given[0] ?? ""), wanted);
  };
}

/** Of equal length, whatever was given. */
function hash(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
