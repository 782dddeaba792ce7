/**
 * Settings of the event stream: how to reach Kafka, and how to read and publish
 * events.
 *
 * @module
 */

import { z } from "zod";
import { certificates, flag, NONE, oneLine, pem } from "./kinds.ts";
import { Secret } from "./secret.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

/** How the service authenticates to Kafka. */
export type SaslMechanism = "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";

const BROKER = /^(\[[0-9A-Fa-f:.]+\]|[\p{L}\p{N}._-]+):\d{1,5}$/u;

const brokers = z.string().transform((text) =>
  text === NONE
    ? []
    : text.split(",").map((each) => each.trim()).filter((each) => each !== "")
).pipe(z.array(z.string().regex(BROKER)));

const name = z.string().regex(/^[A-Za-z0-9._-]{1,200}$/);

const prefix = z.string()
  .regex(/^[A-Za-z0-9]+(?:[_.-][A-Za-z0-9]+)*$/).max(200)
  .transform((text) => text === NONE ? undefined : text);

const optional = oneLine().min(1)
  .transform((text) => text === NONE ? undefined : text);

const secret = optional.transform((text) =>
  text === undefined ? undefined : new Secret(text)
);

const secretPem = pem.transform((text) =>
  text === undefined ? undefined : new Secret(text)
);

const mechanism = z.enum([NONE, "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
  .transform((value) => value === NONE ? undefined : value);

/** The settings of the event stream. */
export const KAFKA_SETTINGS = defineSettings({
  /**
   * Where `ctx.eventStream.publish()` publishes; `auto`: Kafka, if brokers are
   * set.
   */
  eventStream: {
    env: "EVENT_STREAM",
    doc:
      "Where `ctx.eventStream.publish()` publishes: `auto` (Kafka if brokers " +
      "are set; otherwise it fails), `stdout` (prints) or `none` (discards)",
    expected: "auto, stdout or none",
    default: "auto",
    schema: z.enum(["auto", "stdout", "none"]),
  },
  /** Bootstrap brokers, `host:port`; empty: no Kafka. */
  kafkaBrokers: {
    env: "KAFKA_BROKERS",
    doc: "Kafka's bootstrap brokers, `host:port,host:port`",
    expected: "host:port, separated by commas, or none",
    secret: "maybe",
    default: NONE,
    schema: brokers,
  },
  /** The prefix of topics and groups, before a dot. */
  kafkaTopicPrefix: {
    env: "KAFKA_TOPIC_PREFIX",
    doc: "Prefix of topics and groups, before a dot: the environment",
    expected: "letters and digits with single _ . or - between, or none",
    default: NONE,
    schema: prefix,
  },
  /** The consumer group; `auto`: the client's id. */
  kafkaGroupId: {
    env: "KAFKA_GROUP_ID",
    doc:
      "Consumer group: all replicas of this app, and nobody else; `auto` is " +
      "the client id",
    expected: "up to 200 letters, digits, ., - and _",
    default: "auto",
    schema: name,
  },
  /** Who assigns partitions: the members or the broker. */
  kafkaGroupProtocol: {
    env: "KAFKA_GROUP_PROTOCOL",
    doc: "Who assigns partitions: the members (`classic`) or the broker " +
      "(`consumer`, Kafka 4)",
    expected: "classic or consumer",
    default: "classic",
    schema: z.enum(["classic", "consumer"]),
  },
  /** The authentication mechanism. */
  kafkaSaslMechanism: {
    env: "KAFKA_SASL_MECHANISM",
    doc: "How the service authenticates to Kafka: `PLAIN`, `SCRAM-SHA-256`, " +
      "`SCRAM-SHA-512` or `none`",
    expected: "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or none",
    default: NONE,
    schema: mechanism,
  },
  /** Its user name. */
  kafkaSaslUsername: {
    env: "KAFKA_SASL_USERNAME",
    doc: "User name for Kafka",
    expected: "a name, or none",
    secret: "maybe",
    default: NONE,
    schema: optional,
  },
  /** Its password. */
  kafkaSaslPassword: {
    env: "KAFKA_SASL_PASSWORD",
    doc: "Password of that user",
    expected: "a password, or none",
    default: NONE,
    secret: true,
    schema: secret,
  },
  /** Whether connections use TLS. */
  kafkaTls: {
    env: "KAFKA_TLS",
    doc: "Whether connections to Kafka use TLS",
    expected: "true or false",
    default: "false",
    schema: flag,
  },
  /** CA certificates that replace the system's, as PEM. */
  kafkaTlsCa: {
    env: "KAFKA_TLS_CA",
    doc: "CA certificates for Kafka, instead of the system's, as PEM text " +
      "(`\\n` may stand for a line break)",
    expected: "PEM text, or none",
    default: NONE,
    secret: "maybe",
    schema: certificates,
  },
  /** The client certificate, as PEM. */
  kafkaTlsCertificate: {
    env: "KAFKA_TLS_CERTIFICATE",
    doc: "The service's client certificate for Kafka, as PEM text",
    expected: "PEM text, or none",
    default: NONE,
    secret: "maybe",
    schema: certificates,
  },
  /** Its private key, as PEM. */
  kafkaTlsKey: {
    env: "KAFKA_TLS_KEY",
    doc: "The private key of that certificate, as PEM text",
    expected: "PEM text, or none",
    default: NONE,
    secret: true,
    schema: secretPem,
  },
});

/** These settings, validated. */
export type KafkaConfig = ConfigOf<typeof KAFKA_SETTINGS>;

/** The settings that are checked together. */
type Checked = KafkaConfig & {
  readonly deadLetter: string;
  readonly sources: readonly string[];
};

/**
 * The problems of settings that are each valid but do not fit together, one per
 * sentence.
 */
export function kafkaProblems(config: Checked): readonly string[] {
  const problems: string[] = [];
  const { kafkaSaslMechanism, kafkaSaslUsername, kafkaSaslPassword } = config;
  if (config.kafkaBrokers.length === 0) {
    if (config.sources.includes("kafka")) {
      problems.push(
        "KAFKA_BROKERS is none: SOURCES includes kafka, which requires them",
      );
    }
    if (config.deadLetter.startsWith("kafka:")) {
      problems.push(
        "KAFKA_BROKERS is none: DEAD_LETTER is kafka, which requires them",
      );
    }
  }
  const hasLogin = kafkaSaslUsername !== undefined &&
    kafkaSaslPassword !== undefined;
  if (kafkaSaslMechanism !== undefined && !hasLogin) {
    problems.push(
      "KAFKA_SASL_MECHANISM is set: expected KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD, too",
    );
  }
  const { kafkaTls, kafkaTlsCa, kafkaTlsCertificate, kafkaTlsKey } = config;
  if ((kafkaTlsCertificate === undefined) !== (kafkaTlsKey === undefined)) {
    problems.push(
      "One of KAFKA_TLS_CERTIFICATE and KAFKA_TLS_KEY is set: expected both or none",
    );
  }
  if (!kafkaTls && (kafkaTlsCa ?? kafkaTlsCertificate) !== undefined) {
    problems.push(
      "KAFKA_TLS is false: expected true with KAFKA_TLS_CA or KAFKA_TLS_CERTIFICATE",
    );
  }
  return problems;
}
