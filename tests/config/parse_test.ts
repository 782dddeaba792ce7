import assert from "node:assert/strict";
import fc from "fast-check";
import { ConfigError, type Environment } from "../../lib/config/parse.ts";
import type { Config } from "../../lib/core/config.ts";
import {
  parseAll,
  REQUIRED_VARIABLES,
  TEST_SETTINGS,
} from "../_support/config.ts";

const KEY = "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n";

const REQUIRED = Object.keys(REQUIRED_VARIABLES);

function configOf(env: Environment): Config {
  return parseAll({ ...REQUIRED_VARIABLES, ...env }).config;
}

function problemsOf(env: Environment): readonly string[] {
  try {
    configOf(env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    assert.equal(error.message, error.problems.join("\n"));
    return error.problems;
  }
  return [];
}

Deno.test("parseConfig() takes every default", () => {
  const { config, defaulted } = parseAll(REQUIRED_VARIABLES);
  assert.equal(config.clientSecret.reveal(), "test-client-secret");
  const { clientSecret: _clientSecret, ...rest } = config;
  assert.deepEqual(rest, {
    baseUrl: "http://127.0.0.1:1",
    clientId: "test-client",
    namespace: "test-namespace",
    itemIdToGrant: "test-item",
    grpcPort: 6565,
    metricsPort: 8080,
    grpcAuth: "none",
    grpcMaxMessageBytes: 4_194_304,
    grpcKeepaliveTime: 60_000,
    grpcKeepaliveTimeout: 20_000,
    asyncMessagingPublisherGrpcPort: 7_474,
    handlerTimeout: 30_000,
    maxConcurrency: 256,
    eventMemoryBytes: 33_554_432,
    maxQueue: 64,
    rateLimit: 0,
    shutdownGrace: 20_000,
    onReject: "reject",
    deadLetter: "auto",
    deadLetterMaxBytes: 67_108_864,
    idempotencyStore: "memory",
    redisTlsCa: undefined,
    idempotencyTtl: 86_400_000,
    idempotencyLease: 60_000,
    idempotencyScope: "auto",
    maxAttempts: 10,
    fulfillmentApi: "v1",
    logLevel: "info",
    logFormat: "auto",
    sources: ["grpc"],
    httpPort: 8_000,
    basePath: "",
    httpMaxBodyBytes: 2_097_152,
    httpBufferBytes: 33_554_432,
    httpMaxHeaderBytes: 32_768,
    httpHeaderTimeout: 10_000,
    httpBodyTimeout: 20_000,
    httpMaxConnections: 1_024,
    httpCorsOrigins: [],
    trustedProxies: [],
    webPubSubConnectionStrings: [],
    webPubSubHubs: ["*"],
    webPubSubPath: "/upstream",
    webPubSubAuth: "key",
    webPubSubCode: undefined,
    webPubSubHosts: [],
    webPubSubEntraTenantId: undefined,
    webPubSubEntraAudience: undefined,
    webPubSubEntraClientIds: [],
    webPubSubEntraJwksUrl: undefined,
    webPubSubTimeout: 20_000,
    inbox: "file:inbox",
    inboxMaxBytes: 268_435_456,
    inboxConcurrency: 64,
    inboxMaxAge: 86_400_000,
    clientEventsAudience: [],
    clientEventsAuth: "ags",
    clientEventsAwsAccessKeyId: undefined,
    clientEventsAwsSecretAccessKey: undefined,
    clientEventsDetailType: "prod",
    clientEventsIdClaim: "sub",
    clientEventsIssuer: undefined,
    clientEventsJwksUrl: undefined,
    clientEventsMaxBytes: 1_000_000,
    clientEventsMaxEntries: 10,
    clientEventsRate: 50,
    archive: "none",
    archiveEvents: ["clientEvents.*"],
    archivePartition: "{detail.eventType}/{detail.schemaVersion}/",
    archiveCompression: "gzip",
    archiveTransform: "none",
    archiveFlushBytes: 5_242_880,
    archiveFlushTime: 300_000,
    archiveMaxPartitions: 100,
    archiveEndpoint: undefined,
    awsRegion: "us-east-1",
    awsAccessKeyId: undefined,
    awsSecretAccessKey: undefined,
    awsSessionToken: undefined,
    eventStream: "auto",
    kafkaBrokers: [],
    kafkaTopicPrefix: undefined,
    kafkaGroupId: "auto",
    kafkaGroupProtocol: "classic",
    kafkaSaslMechanism: undefined,
    kafkaSaslUsername: undefined,
    kafkaSaslPassword: undefined,
    kafkaTls: false,
    kafkaTlsCa: undefined,
    kafkaTlsCertificate: undefined,
    kafkaTlsKey: undefined,
    otelZipkinEndpoint: "none",
    otelDeno: false,
    otelTracesExporter: "auto",
    otelSdkDisabled: false,
    otelServiceName: "extend-event-handler",
    otelResourceAttributes: "none",
    otelTracesSampler: "parentbased_always_on",
    otelTracesSamplerArg: 1,
    otelPropagators: ["tracecontext", "baggage", "b3"],
    otelBspScheduleDelay: 5_000,
    otelBspMaxQueueSize: 2_048,
    otelBspMaxExportBatchSize: 512,
    otelBspExportTimeout: 30_000,
  });
  assert.deepEqual(
    defaulted,
    Object.values(TEST_SETTINGS).map(({ env }) => env).filter((env) =>
      !REQUIRED.includes(env)
    ),
  );
});

Deno.test("parseConfig() takes a default given by hand for the same as none", () => {
  const given = Object.fromEntries(
    Object.values(TEST_SETTINGS).map((
      setting,
    ) => [setting.env, setting.default]),
  );
  const { config, defaulted } = parseAll({
    ...given,
    ...REQUIRED_VARIABLES,
  });
  assert.deepEqual(config, parseAll(REQUIRED_VARIABLES).config);
  assert.deepEqual(defaulted, []);
});

Deno.test("parseConfig() takes empty and blank variables for unset ones", () => {
  for (const blank of ["", " ", "\t\n"]) {
    assert.equal(configOf({ GRPC_PORT: blank }).grpcPort, 6565);
    assert.deepEqual(problemsOf({ AB_NAMESPACE: blank }), [
      "AB_NAMESPACE is not set: expected a namespace of letters, digits, - and _",
    ]);
  }
});

Deno.test("parseConfig() ignores space around values", () => {
  const config = configOf({
    AB_CLIENT_ID: " id ",
    AB_CLIENT_SECRET: "\thush\n",
    AB_BASE_URL: " https://a.b/ ",
    GRPC_PORT: " 1 ",
    LOG_LEVEL: " debug",
  });
  assert.deepEqual(
    [
      config.clientId,
      config.clientSecret.reveal(),
      config.baseUrl,
      config.grpcPort,
      config.logLevel,
    ],
    ["id", "hush", "https://a.b", 1, "debug"],
  );
});

Deno.test("parseConfig() lists every required variable that is missing", () => {
  assert.throws(
    () => parseAll({}),
    new ConfigError([
      "AB_BASE_URL is not set: expected an http or https URL without credentials or query",
      "AB_CLIENT_ID is not set: expected a client id, not in quotes",
      "AB_CLIENT_SECRET is not set: expected a client secret, not in quotes",
      "AB_NAMESPACE is not set: expected a namespace of letters, digits, - and _",
      "ITEM_ID_TO_GRANT is not set: expected an item id, not in quotes",
    ]),
  );
});

for (const name of ["ITEM_ID_TO_GRANT", "AB_NAMESPACE"]) {
  Deno.test(`parseConfig() refuses to guess ${name}`, () => {
    const [problem, ...others] = problemsOf({ [name]: undefined });
    assert.match(problem ?? "", new RegExp(`^${name} is not set: expected `));
    assert.deepEqual(others, []);
  });
}

Deno.test("parseConfig() lists all problems at once, one a line, with what was expected and found", () => {
  assert.deepEqual(
    problemsOf({
      AB_BASE_URL: "mystudio.example",
      AB_CLIENT_SECRET: '"hush"',
      ITEM_ID_TO_GRANT: undefined,
      GRPC_PORT: "0x10",
      HANDLER_TIMEOUT: "30",
      LOG_LEVEL: "loud",
    }),
    [
      "AB_BASE_URL is invalid: expected an http or https URL without credentials " +
      "or query, found a value of 16 characters that is not shown",
      "AB_CLIENT_SECRET is invalid: expected a client secret, not in quotes, found " +
      "a value that is not shown",
      'GRPC_PORT is invalid: expected a port from 1 to 65535, found "0x10"',
      "HANDLER_TIMEOUT is invalid: expected a duration such as 500ms, 30s or 2m, " +
      'up to 60m, found "30"',
      'LOG_LEVEL is invalid: expected debug, info, warn or error, then category=level with one of service, events, handlers, ags, archive, grpc, http, idempotency, inbox, kafka, webPubSub, dead_letters, found "loud"',
      "ITEM_ID_TO_GRANT is not set: expected an item id, not in quotes",
    ],
  );
});

Deno.test("parseConfig() keeps each problem on a line of its own, and short", () => {
  const [problem] = problemsOf({ AB_NAMESPACE: "a\nb" });
  assert.match(
    problem ?? "",
    /found a value of 3 characters that is not shown$/,
  );
  const [long] = problemsOf({ AB_NAMESPACE: `-${"x".repeat(100_000)}` });
  assert.ok((long ?? "").length < 500);
});

/** Spellings of a password in a value, `hush`, that a person might try. */
const PASSWORDS: readonly (readonly [name: string, value: string])[] = [
  ["AB_CLIENT_SECRET", "'hush'"],
  ["AB_BASE_URL", "https://me:hu/s@hush@a.example"],
  ["AB_BASE_URL", "me:hush@a.example"],
  ["AB_BASE_URL", "https:/me:hush@a.example"],
  ["AB_BASE_URL", "https:me:hush@a.example"],
  ["AB_BASE_URL", "https:///me:hush@a.example"],
  ["AB_BASE_URL", "https://a.example/me:hush@b.example"],
  ["AB_BASE_URL", "https://a.example;TOKEN=hush"],
  ["AB_BASE_URL", "https://a.example?key=hush"],
  ["AB_BASE_URL", "hush"],
  ["AB_CLIENT_ID", "'id:hush'"],
  ["AB_CLIENT_ID", '"id\nhush'],
  ["AB_NAMESPACE", "game:hush"],
  ["ITEM_ID_TO_GRANT", "item\nhush"],
  ["GRPC_PORT", "hush@6565"],
  ["IDEMPOTENCY_STORE", "redis:/me:hush@a"],
  ["IDEMPOTENCY_STORE", "hush"],
  ["KAFKA_BROKERS", "me:hush@a.example"],
  ["KAFKA_BROKERS", "me:hush@a.example:9092"],
  ["KAFKA_BROKERS", "SASL_SSL://me:hush@a:9092"],
  ["KAFKA_BROKERS", "a:9092;hush"],
  ["KAFKA_SASL_MECHANISM", "PLAIN me hush"],
  ["KAFKA_TLS_CA", KEY],
  ["REDIS_TLS_CA", KEY],
  ["KAFKA_TLS_CERTIFICATE", KEY],
  ["DEAD_LETTER", "file:a\nhush"],
  ["OTEL_EXPORTER_ZIPKIN_ENDPOINT", "http:me:hush@a"],
  ["OTEL_EXPORTER_ZIPKIN_ENDPOINT", "me:hush@a:9411"],
  ["OTEL_EXPORTER_ZIPKIN_ENDPOINT", "http://me:hush@a/api/v2/spans"],
  ["OTEL_EXPORTER_ZIPKIN_ENDPOINT", "http://a/me:hush@b"],
  ["OTEL_SERVICE_NAME", "name\nhush"],
  ["OTEL_RESOURCE_ATTRIBUTES", "authorization=Basic hush,=,"],
];

for (const [name, value] of PASSWORDS) {
  Deno.test(`parseConfig() does not show the password in ${name}=${JSON.stringify(value)}`, () => {
    const [problem = "", ...others] = problemsOf({ [name]: value });
    assert.match(problem, new RegExp(`^${name} is invalid: .+ not shown$`));
    assert.doesNotMatch(problem, /hush/);
    assert.deepEqual(others, []);
  });
}

Deno.test("parseConfig() shows a mistyped word, unless it has a secret in it", () => {
  const env = { LOG_FORMAT: "x-hush-1", KAFKA_SASL_PASSWORD: "hush" };
  assert.match(problemsOf({ LOG_FORMAT: "jsn" })[0] ?? "", /found "jsn"$/);
  assert.match(problemsOf(env)[0] ?? "", /found a value of 8 characters that/);
});

for (const separator of [";", "; ", " ", "\n", "\r", ";export "]) {
  Deno.test(`parseConfig() refuses a value that other settings have come into after ${JSON.stringify(separator)}`, () => {
    for (const name of ["AB_CLIENT_ID", "AB_BASE_URL", "OTEL_SERVICE_NAME"]) {
      const value = `https://a${separator}AB_CLIENT_SECRET=hush`;
      assert.deepEqual(problemsOf({ [name]: value }), [
        `${name} is invalid: expected one setting per line, its quotes closed, ` +
        "found AB_CLIENT_SECRET within its value",
      ]);
    }
  });
}

Deno.test("parseConfig() makes one URL of all its spellings", () => {
  for (
    const url of [
      "https://a.example",
      "https://a.example/",
      "https://a.example///",
      "HTTPS://A.example:443",
      "https://a.example/?",
    ]
  ) {
    assert.equal(configOf({ AB_BASE_URL: url }).baseUrl, "https://a.example");
  }
  assert.equal(
    configOf({ AB_BASE_URL: "http://[::1]:8090/ags/v1/" }).baseUrl,
    "http://[::1]:8090/ags/v1",
  );
});

const WRONG: Readonly<Record<string, readonly string[]>> = {
  AB_BASE_URL: [
    "a.example",
    "//a.example",
    "https:a.example",
    "ftp://a.example",
    "file:///etc/passwd",
    "https://",
    "https://a.example:99999",
    "https://user@a.example",
    "https://user:password@a.example",
    "https://a.example?x=1",
    "https://a.example/#x",
    '"https://a.example"',
  ],
  AB_CLIENT_ID: ['"id"', "'id'", "`id`", '"two\nlines"'],
  ITEM_ID_TO_GRANT: ['"id"', "''"],
  AB_NAMESPACE: ["a b", "a/b", "-a", "ä", '"a"', "a.b", "a\nb"],
  GRPC_PORT: [
    "0",
    "-1",
    "65536",
    "0x10",
    "1e3",
    "1.5",
    "+1",
    "1_000",
    "١",
    "99999999999999999999",
    "Infinity",
    "NaN",
    '"1"',
  ],
  METRICS_PORT: ["0", "65536"],
  HTTP_PORT: ["0", "65536"],
  WEBPUBSUB_HUBS: ["1chat", "a b", "chat,", "none"],
  WEBPUBSUB_PATH: ["upstream", "/", "/a/", "/{name}", "/a?b", "/a b"],
  WEBPUBSUB_AUTH: ["keys", "entra+key", "false"],
  WEBPUBSUB_HOSTS: ["https://a.example", "a.example:443"],
  WEBPUBSUB_ENTRA_CLIENT_IDS: ["a b", "a,"],
  WEBPUBSUB_ENTRA_JWKS_URL: ["keys"],
  WEBPUBSUB_TIMEOUT: ["0s", "21s"],
  INBOX: [
    "inbox",
    "file:",
    "file:data",
    "file:inbox/../x",
    "file:/inbox",
    "kafka",
  ],
  ARCHIVE: [
    "archive",
    "file:",
    "file:data",
    "file:archive/../x",
    "file:/archive",
    "s3://",
    "s3://Bucket",
    "s3://bucket/../x",
    "s3://bucket//x",
  ],
  ARCHIVE_EVENTS: [",", "*", "clientEvents", "a.*b", "a.b c"],
  ARCHIVE_COMPRESSION: ["snappy"],
  ARCHIVE_TRANSFORM: ["other"],
  ARCHIVE_FLUSH_BYTES: ["1023", "67108865"],
  ARCHIVE_FLUSH_TIME: ["0s", "61m", "5"],
  ARCHIVE_MAX_PARTITIONS: ["0", "10001"],
  ARCHIVE_ENDPOINT: ["localhost", "ftp://a"],
  CLIENT_EVENTS_AUTH: ["cognito2", "None"],
  CLIENT_EVENTS_ISSUER: ["issuer", "ftp://a"],
  CLIENT_EVENTS_JWKS_URL: ["keys"],
  CLIENT_EVENTS_ID_CLAIM: ["a b"],
  CLIENT_EVENTS_MAX_ENTRIES: ["0", "1001"],
  CLIENT_EVENTS_MAX_BYTES: ["1023", "16777217"],
  CLIENT_EVENTS_RATE: ["-1", "100001"],
  CLIENT_EVENTS_DETAIL_TYPE: ["a/b", "x".repeat(129)],
  INBOX_MAX_BYTES: ["1048575", "1099511627777", "1GB"],
  INBOX_CONCURRENCY: ["0", "100001"],
  INBOX_MAX_AGE: ["59s", "31d", "24"],
  BASE_PATH: ["app", "//", "/a//b", "/a b", "/a?b", "/a#b", "/ä"],
  HTTP_MAX_BODY_BYTES: ["1023", "67108865"],
  HTTP_BUFFER_BYTES: ["1048575", "4294967297"],
  HTTP_MAX_HEADER_BYTES: ["4095", "65537"],
  HTTP_HEADER_TIMEOUT: ["0s", "11m"],
  HTTP_BODY_TIMEOUT: ["0s", "11m"],
  HTTP_MAX_CONNECTIONS: ["0", "100001"],
  HTTP_CORS_ORIGINS: [
    "game.example",
    "https://game.example/",
    "https://*.example",
    "https://a.example,",
    "null",
  ],
  TRUSTED_PROXIES: ["all", "10.0.0.0/33", "10.0.0.0/8;", "proxy.example"],
  GRPC_MAX_MESSAGE_BYTES: ["1023", "67108865"],
  GRPC_KEEPALIVE_TIME: ["0s", "120001ms0", "121m"],
  GRPC_KEEPALIVE_TIMEOUT: ["601s"],
  HANDLER_TIMEOUT: [
    "0ms",
    "30",
    "s",
    "-1s",
    "1.5s",
    "1 s",
    "1S",
    "1h",
    "61m",
    "0x10s",
    "999999999m",
    "9999999999ms",
  ],
  MAX_CONCURRENCY: ["0", "100001", "many"],
  GRPC_AUTH: ["IAM", "jwt", "false"],
  MAX_QUEUE: ["-1", "100001", "64.5"],
  AB_RATE_LIMIT: ["-1", "10000001", "5k"],
  SHUTDOWN_GRACE: ["0s", "3600001ms"],
  ON_REJECT: ["drop", "ACK", "rejectack"],
  DEAD_LETTER: ["file:", "LOG", "dead-letters/x.jsonl", "kafka"],
  DEAD_LETTER_MAX_BYTES: ["65535", "1073741825", "64MB"],
  LOG_LEVEL: [
    "loud",
    "INFO",
    "0",
    "events=debug",
    "info,",
    "info,nobody=debug",
    "info,events",
    "info,events=loud",
    "info,events=debug=warn",
  ],
  IDEMPOTENCY_STORE: [
    "redis",
    "Memory",
    "redis:",
    "redis://",
    "http://localhost",
    "redis://localhost:0x1",
    "redis://localhost/x",
    "redis://localhost/0/1",
    "redis://localhost?password=hush",
    "redis://localhost#hush",
    "redis://%zz@localhost",
    "rediss:/user:hush@localhost",
  ],
  IDEMPOTENCY_TTL: ["59s", "31d", "1w", "24"],
  IDEMPOTENCY_LEASE: ["999ms", "61m", "2h"],
  IDEMPOTENCY_SCOPE: ["a b", "a/b", "x".repeat(65)],
  MAX_ATTEMPTS: ["-1", "1001", "many"],
  FULFILLMENT_API: ["v2", "V1", "3"],
  LOG_FORMAT: ["xml"],
};

for (const [name, values] of Object.entries(WRONG)) {
  Deno.test(`parseConfig() refuses values of ${name} that make no sense`, () => {
    const setting = Object.values(TEST_SETTINGS).find(({ env }) =>
      env === name
    );
    const start: string =
      `${name} is invalid: expected ${setting?.expected}, found `;
    for (const value of values) {
      const [problem = "", ...others] = problemsOf({ [name]: value });
      assert.ok(problem.startsWith(start), `${value}: ${problem}`);
      assert.deepEqual(others, []);
    }
  });
}

Deno.test("parseConfig() takes the values at the ends of each range", () => {
  const ends: readonly (readonly [string, keyof Config, string, unknown])[] = [
    ["GRPC_PORT", "grpcPort", "1", 1],
    ["GRPC_PORT", "grpcPort", "65535", 65_535],
    ["METRICS_PORT", "metricsPort", "00080", 80],
    ["INBOX", "inbox", "file:inbox/a/b-1", "file:inbox/a/b-1"],
    ["BASE_PATH", "basePath", "/", ""],
    ["BASE_PATH", "basePath", "/my-app/", "/my-app"],
    ["GRPC_MAX_MESSAGE_BYTES", "grpcMaxMessageBytes", "1024", 1_024],
    ["GRPC_MAX_MESSAGE_BYTES", "grpcMaxMessageBytes", "67108864", 67_108_864],
    ["GRPC_KEEPALIVE_TIME", "grpcKeepaliveTime", "120m", 7_200_000],
    ["GRPC_KEEPALIVE_TIMEOUT", "grpcKeepaliveTimeout", "10m", 600_000],
    ["HANDLER_TIMEOUT", "handlerTimeout", "1ms", 1],
    ["HANDLER_TIMEOUT", "handlerTimeout", "60m", 3_600_000],
    ["HANDLER_TIMEOUT", "handlerTimeout", "3600s", 3_600_000],
    ["MAX_CONCURRENCY", "maxConcurrency", "1", 1],
    ["MAX_CONCURRENCY", "maxConcurrency", "100000", 100_000],
    ["GRPC_AUTH", "grpcAuth", "iam", "iam"],
    ["MAX_QUEUE", "maxQueue", "0", 0],
    ["AB_RATE_LIMIT", "rateLimit", "5000", 5_000],
    ["SHUTDOWN_GRACE", "shutdownGrace", "60m", 3_600_000],
    ["ON_REJECT", "onReject", "ack", "ack"],
    ["DEAD_LETTER", "deadLetter", "file:a b/c:d", "file:a b/c:d"],
    ["DEAD_LETTER_MAX_BYTES", "deadLetterMaxBytes", "65536", 65_536],
    ["IDEMPOTENCY_STORE", "idempotencyStore", "cloudsave", "cloudsave"],
    ["IDEMPOTENCY_TTL", "idempotencyTtl", "1m", 60_000],
    ["IDEMPOTENCY_TTL", "idempotencyTtl", "30d", 2_592_000_000],
    ["IDEMPOTENCY_TTL", "idempotencyTtl", "2592000000ms", 2_592_000_000],
    ["IDEMPOTENCY_LEASE", "idempotencyLease", "1h", 3_600_000],
    ["MAX_ATTEMPTS", "maxAttempts", "0", 0],
    ["FULFILLMENT_API", "fulfillmentApi", "v3", "v3"],
    ["LOG_LEVEL", "logLevel", "error", "error"],
    ["LOG_LEVEL", "logLevel", "info, ags=debug", "info, ags=debug"],
    ["LOG_FORMAT", "logFormat", "pretty", "pretty"],
    ["AB_NAMESPACE", "namespace", "0-a_B", "0-a_B"],
    ["AB_CLIENT_ID", "clientId", 'a"b', 'a"b'],
    ["AB_CLIENT_ID", "clientId", "\"a'", "\"a'"],
  ];
  for (const [name, key, value, expected] of ends) {
    assert.equal(
      configOf({ [name]: value })[key],
      expected,
      `${name}=${value}`,
    );
  }
});

Deno.test("parseConfig() never shows what is longer or less plain than a word", () => {
  const names = Object.values(TEST_SETTINGS).map(({ env }) => env);
  const hidden = fc.stringMatching(/^[ -~]{0,30}[.:@/=;+!]hush[ -~]{0,30}$/);
  fc.assert(fc.property(fc.constantFrom(...names), hidden, (name, value) => {
    for (const problem of problemsOf({ [name]: value })) {
      assert.doesNotMatch(problem, /hush/);
    }
  }));
});

Deno.test("parseConfig() never throws anything but ConfigError, and never shows the secret", () => {
  const variables = fc.dictionary(
    fc.constantFrom(...Object.values(TEST_SETTINGS).map(({ env }) => env)),
    fc.oneof(fc.string(), fc.webUrl(), fc.nat().map(String)),
  );
  fc.assert(fc.property(variables, (env) => {
    const secret = "hush-hush";
    const problems = problemsOf({ ...env, AB_CLIENT_SECRET: `"${secret}"` });
    assert.ok(problems.length >= 1);
    for (const problem of problems) {
      assert.match(problem, /^[A-Z_]+ is (not set|invalid): expected [^\n]+$/);
      assert.ok(!problem.includes(secret));
    }
  }));
});

Deno.test("Every setting has a name of its own and a one-line text", () => {
  const names = Object.values(TEST_SETTINGS).map(({ env }) => env);
  assert.equal(new Set(names).size, names.length);
  for (const setting of Object.values(TEST_SETTINGS)) {
    assert.match(setting.env, /^[A-Z][A-Z0-9_]*$/);
    for (const text of [setting.doc, setting.expected]) {
      assert.match(text, /^[^\n|]+[^\n.|]$/);
    }
    assert.ok(
      [undefined, "none"].includes(setting.default) || setting.secret !== true,
    );
  }
});
