/**
 * Connections that are encrypted and authenticated, with a broker that insists.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type {
  SaslOptions,
  TlsOptions,
} from "../../lib/eventstream/connection.ts";
import { DeliveryError } from "../../lib/eventstream/errors.ts";
import { newId } from "../../lib/eventstream/names.ts";
import type {
  EventStream,
  EventStreamOptions,
} from "../../lib/eventstream/stream.ts";
import { Secret } from "../../lib/config/secret.ts";
import type { Certificates } from "../../dev/kafka_cluster/certificates.ts";
import {
  type NodePorts,
  PASSWORD,
  USER,
} from "../../dev/kafka_cluster/config.ts";
import { type KafkaTest, kafkaTests, QUICK } from "./_kafka_tests.ts";
import { until } from "./_until.ts";

const kafkaTest = kafkaTests({ isSecure: true });

/** Options for connecting, once there are certificates. */
type Way = (
  certificates: Certificates,
) => Pick<EventStreamOptions, "sasl" | "tls">;

function trust({ ca }: Certificates): TlsOptions {
  return { ca };
}

function client(certificates: Certificates): TlsOptions {
  return {
    ...trust(certificates),
    certificate: certificates.clientCertificate,
    privateKey: new Secret(certificates.clientKey),
  };
}

function login(
  mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512",
  password: string = PASSWORD,
): SaslOptions {
  return { mechanism, username: USER, password: new Secret(password) };
}

/** A token that nobody signed, which this broker takes. */
function token(lifetime: number): Secret {
  const encode = (part: object) =>
    Buffer.from(JSON.stringify(part)).toString("base64url");
  const now = Math.floor(Date.now() / 1_000);
  const claims = { sub: USER, iat: now, exp: now + lifetime };
  return new Secret(`${encode({ alg: "none" })}.${encode(claims)}.`);
}

/** A stream through a listener. */
function connect(
  { kafka, stream }: KafkaTest,
  listener: keyof NodePorts,
  way: Way,
): EventStream {
  const { ports, certificates } = kafka;
  assert.ok(certificates !== undefined);
  const brokers = ports.map((each) => `127.0.0.1:${each[listener]}`);
  return stream({ brokers, flushTimeout: 0, ...way(certificates) });
}

const WAYS: readonly (readonly [
  name: string,
  listener: keyof NodePorts,
  way: Way,
])[] = [
  ["PLAIN", "sasl", () => ({ sasl: login("PLAIN") })],
  ["SCRAM-SHA-256", "sasl", () => ({ sasl: login("SCRAM-SHA-256") })],
  ["SCRAM-SHA-512", "sasl", () => ({ sasl: login("SCRAM-SHA-512") })],
  ["OAUTHBEARER", "sasl", () => ({
    sasl: {
      mechanism: "OAUTHBEARER",
      token: () => Promise.resolve(token(600)),
    },
  })],
  ["a client certificate", "tls", (certificates) => ({
    tls: client(certificates),
  })],
  ["SCRAM-SHA-512 over TLS", "saslTls", (certificates) => ({
    tls: trust(certificates),
    sasl: login("SCRAM-SHA-512"),
  })],
  ["OAUTHBEARER over TLS", "saslTls", (certificates) => ({
    tls: { ...trust(certificates), serverName: "localhost" },
    sasl: { mechanism: "OAUTHBEARER", token: () => token(600) },
  })],
];

for (const [name, listener, way] of WAYS) {
  kafkaTest(
    `events are published and subscribed to with ${name}`,
    async (test) => {
      const events = connect(test, listener, way);
      const topic = test.topic();
      const seen: string[] = [];
      const subscription = events.subscribe(
        { ...QUICK, topic, groupId: newId() },
        ({ id }) => void seen.push(id),
      );
      const id = newId();
      await events.publishSync({ topic, name: "e", id });
      await until("the event", () => seen.length > 0 || undefined);
      assert.deepEqual(seen, [id]);
      await subscription[Symbol.asyncDispose]();
    },
  );
}

const REFUSED: typeof WAYS = [
  ["a wrong password", "sasl", () => ({ sasl: login("PLAIN", "mirror") })],
  ["a wrong SCRAM password", "sasl", () => ({
    sasl: login("SCRAM-SHA-256", "mirror"),
  })],
  ["a token that has expired", "sasl", () => ({
    sasl: { mechanism: "OAUTHBEARER", token: () => token(-600) },
  })],
  ["no client certificate", "tls", (certificates) => ({
    tls: trust(certificates),
  })],
  ["no trust in the broker's authority", "saslTls", () => ({
    tls: {},
    sasl: login("PLAIN"),
  })],
  ["a broker of another name", "saslTls", (certificates) => ({
    tls: { ...trust(certificates), serverName: "other.example" },
    sasl: login("PLAIN"),
  })],
];

for (const [name, listener, way] of REFUSED) {
  kafkaTest(`nothing is published with ${name}`, async (test) => {
    const events = connect(test, listener, way);
    const topic = test.topic();
    await assert.rejects(
      events.publishSync({ topic, name: "e" }, { timeout: 2_000 }),
      (error) => {
        assert.ok(error instanceof DeliveryError);
        assert.doesNotMatch(
          Deno.inspect(error, { depth: 10 }),
          /mirror|wonderland/,
        );
        return true;
      },
    );
  });
}

kafkaTest(
  "a wrong password is told at once, not when time is up",
  async (test) => {
    const events = connect(test, "sasl", () => ({
      sasl: login("SCRAM-SHA-512", "mirror"),
    }));
    const started = performance.now();
    const topic = test.topic();
    await assert.rejects(
      events.publishSync({ topic, name: "e" }),
      DeliveryError,
    );
    assert.ok(performance.now() - started < 10_000);
  },
);
