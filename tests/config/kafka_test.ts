import assert from "node:assert/strict";
import { ConfigError, type Environment } from "../../lib/config/parse.ts";
import type { Config } from "../../lib/core/config.ts";
import { configText } from "../../lib/config/text.ts";
import {
  parseAll,
  REQUIRED_VARIABLES,
  TEST_SETTINGS,
} from "../_support/config.ts";

const BROKERS = { KAFKA_BROKERS: "kafka-1:9092" };
const PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const KEY = "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n";

function configOf(env: Environment): Config {
  return parseAll({ ...REQUIRED_VARIABLES, ...env }).config;
}

function problemsOf(env: Environment): readonly string[] {
  try {
    configOf(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

const GOOD: readonly (readonly [
  env: Environment,
  key: keyof Config,
  value: unknown,
])[] = [
  [{ ...BROKERS, SOURCES: "kafka" }, "sources", ["kafka"]],
  [{ ...BROKERS, SOURCES: "grpc, kafka" }, "sources", ["grpc", "kafka"]],
  [{ ...BROKERS, SOURCES: "grpc,grpc" }, "sources", ["grpc"]],
  [{ EVENT_STREAM: "stdout" }, "eventStream", "stdout"],
  [{ KAFKA_BROKERS: "a:1, [::1]:9092 ,b.c:65535" }, "kafkaBrokers", [
    "a:1",
    "[::1]:9092",
    "b.c:65535",
  ]],
  [{ KAFKA_TOPIC_PREFIX: "stage-1.eu" }, "kafkaTopicPrefix", "stage-1.eu"],
  [{ KAFKA_GROUP_ID: "billing" }, "kafkaGroupId", "billing"],
  [{ KAFKA_GROUP_PROTOCOL: "consumer" }, "kafkaGroupProtocol", "consumer"],
  [{ KAFKA_TLS: "TRUE" }, "kafkaTls", true],
  [{ KAFKA_TLS: "true", KAFKA_TLS_CA: PEM }, "kafkaTlsCa", PEM.trim()],
  [
    { KAFKA_TLS: "true", KAFKA_TLS_CA: PEM.replaceAll("\n", "\\n") },
    "kafkaTlsCa",
    PEM,
  ],
  [{ ...BROKERS, DEAD_LETTER: "kafka:dlq" }, "deadLetter", "kafka:dlq"],
];

for (const [env, key, value] of GOOD) {
  const what = Object.entries(env).map((each) => each.join("=")).join(" ");
  Deno.test(`settings may be ${JSON.stringify(what)}`, () => {
    assert.deepEqual(configOf(env)[key], value);
  });
}

const BAD: readonly (readonly [name: string, text: string])[] = [
  ["SOURCES", "kafka,HTTP"],
  ["SOURCES", ","],
  ["EVENT_STREAM", "kafka"],
  ["KAFKA_BROKERS", "kafka"],
  ["KAFKA_BROKERS", "user:password@kafka:9092"],
  ["KAFKA_TOPIC_PREFIX", "stage."],
  ["KAFKA_GROUP_ID", "a group"],
  ["KAFKA_GROUP_PROTOCOL", "KIP-848"],
  ["KAFKA_SASL_MECHANISM", "SASL-SCRAM"],
  ["KAFKA_TLS", "1"],
  ["KAFKA_TLS_CA", "/etc/ssl/ca.pem"],
  ["KAFKA_TLS_KEY", "/etc/ssl/key.pem"],
  ["DEAD_LETTER", "kafka:"],
  ["DEAD_LETTER", "kafka:a.b"],
];

for (const [name, text] of BAD) {
  Deno.test(`${name} may not be ${text}`, () => {
    const [problem = "", ...others] = problemsOf({ [name]: text });
    assert.ok(problem.startsWith(`${name} is invalid: expected`), problem);
    assert.deepEqual(others, []);
  });
}

for (
  const [env, expected] of [
    [{ SOURCES: "kafka" }, /^KAFKA_BROKERS is none: SOURCES/],
    [{ SOURCES: "http" }, /^SOURCES names "http": expected grpc, kafka/],
    [{ DEAD_LETTER: "kafka:dlq" }, /^KAFKA_BROKERS is none: DEAD_LETTER/],
    [{ KAFKA_SASL_MECHANISM: "PLAIN" }, /^KAFKA_SASL_MECHANISM is set/],
    [
      { KAFKA_SASL_MECHANISM: "PLAIN", KAFKA_SASL_USERNAME: "a" },
      /^KAFKA_SASL_MECHANISM is set/,
    ],
    [{ KAFKA_TLS_CA: PEM }, /^KAFKA_TLS is false/],
    [
      { KAFKA_TLS: "true", KAFKA_TLS_KEY: KEY },
      /^One of KAFKA_TLS_CERTIFICATE/,
    ],
  ] as const
) {
  Deno.test(`settings may not be ${Object.keys(env)} alone`, () => {
    const [problem = "", ...others] = problemsOf(env);
    assert.match(problem, expected);
    assert.deepEqual(others, []);
  });
}

Deno.test("passwords and keys are not printed, and what is not set is none", () => {
  const text = configText(
    configOf({
      ...BROKERS,
      KAFKA_SASL_MECHANISM: "SCRAM-SHA-512",
      KAFKA_SASL_USERNAME: "me",
      KAFKA_SASL_PASSWORD: "hush",
      KAFKA_TLS: "true",
      KAFKA_TLS_CERTIFICATE: PEM,
      KAFKA_TLS_KEY: KEY,
    }),
    TEST_SETTINGS,
  );
  assert.doesNotMatch(text, /hush/);
  assert.match(text, /^KAFKA_SASL_PASSWORD=\[secret\]$/m);
  assert.match(text, /^KAFKA_TLS_CA=none$/m);
  assert.match(
    configText(configOf({}), TEST_SETTINGS),
    /^KAFKA_SASL_PASSWORD=none$/m,
  );
});
