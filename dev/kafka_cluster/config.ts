/**
 * A broker's settings.
 *
 * @module
 */

import { join } from "node:path";

/** Ports of a node, by listener. */
export interface NodePorts {
  /** For clients, in plain text. */
  readonly plain: number;
  /** For the cluster itself. */
  readonly controller: number;
  /** For clients that say who they are. */
  readonly sasl: number;
  /** For clients with a certificate. */
  readonly tls: number;
  /** For clients that say who they are, encrypted. */
  readonly saslTls: number;
}

/** Certificates of a broker, as files. */
export interface BrokerCertificates {
  /** Certificate and key. */
  readonly keyStore: string;
  /** The authority that clients' certificates have to be from. */
  readonly trustStore: string;
}

/** Options of {@linkcode brokerProperties}. */
export interface BrokerOptions {
  /** Number of the node, from 1. */
  readonly node: number;
  /** Ports of all nodes. */
  readonly ports: readonly NodePorts[];
  /** Where it keeps its files. */
  readonly folder: string;
  /** Listeners that check who connects. @default {none} */
  readonly certificates?: BrokerCertificates | undefined;
  /** Settings beside these. @default {none} */
  readonly properties?: Readonly<Record<string, string>> | undefined;
}

/** Who may connect. */
export const USER = "alice";
/** The user's password, on the test's own broker. */
export const PASSWORD = "wonderland";

/** The settings of one node of a cluster in which all do all. */
export function brokerProperties(options: BrokerOptions): string {
  const { node, ports, folder, certificates } = options;
  const own = ports[node - 1];
  if (own === undefined) throw new Error(`Node ${node} has no ports`);
  const replicas = Math.min(3, ports.length);
  const secure = certificates !== undefined;
  const properties: Record<string, string | number> = {
    "process.roles": "broker,controller",
    "node.id": node,
    "controller.quorum.voters": ports
      .map(({ controller }, index) => `${index + 1}@127.0.0.1:${controller}`)
      .join(),
    "listeners": [
      `PLAINTEXT://127.0.0.1:${own.plain}`,
      `CONTROLLER://127.0.0.1:${own.controller}`,
      ...secure
        ? [
          `SASL://127.0.0.1:${own.sasl}`,
          `TLS://127.0.0.1:${own.tls}`,
          `SASLTLS://127.0.0.1:${own.saslTls}`,
        ]
        : [],
    ].join(),
    "listener.security.protocol.map":
      "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT," +
      "TLS:SSL,SASLTLS:SASL_SSL",
    "inter.broker.listener.name": "PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "log.dirs": join(folder, "data"),
    "num.partitions": 4,
    "default.replication.factor": replicas,
    "min.insync.replicas": Math.min(2, replicas),
    "offsets.topic.replication.factor": replicas,
    "offsets.topic.num.partitions": 3,
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": 1,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1_000,
    "group.consumer.min.heartbeat.interval.ms": 500,
    "group.consumer.heartbeat.interval.ms": 500,
    "group.consumer.min.session.timeout.ms": 3_000,
    "group.consumer.session.timeout.ms": 6_000,
    "broker.session.timeout.ms": 6_000,
    "broker.heartbeat.interval.ms": 500,
    "log.cleaner.enable": "false",
    ...secure ? security(certificates) : {},
    ...options.properties,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`).join("");
}

function security(certificates: BrokerCertificates): Record<string, string> {
  const login = "org.apache.kafka.common.security";
  const properties: Record<string, string> = {
    "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": certificates.keyStore,
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": certificates.trustStore,
    "listener.name.tls.ssl.client.auth": "required",
  };
  for (const listener of ["sasl", "sasltls"]) {
    const at = `listener.name.${listener}`;
    properties[`${at}.plain.sasl.jaas.config`] =
      `${login}.plain.PlainLoginModule required user_${USER}="${PASSWORD}";`;
    for (const scram of ["scram-sha-256", "scram-sha-512"]) {
      properties[`${at}.${scram}.sasl.jaas.config`] =
        `${login}.scram.ScramLoginModule required;`;
    }
    // Takes tokens that nobody signed: it is a test.
    properties[`${at}.oauthbearer.sasl.jaas.config`] =
      `${login}.oauthbearer.OAuthBearerLoginModule required ` +
      'unsecuredLoginStringClaim_sub="broker";';
  }
  return properties;
}

/** Arguments that make the user known to a cluster that is being formatted. */
export const SCRAM_USERS: readonly string[] = [256, 512].flatMap((bits) => [
  "--add-scram",
  `SCRAM-SHA-${bits}=[name=${USER},password=${PASSWORD}]`,
]);
