import assert from "node:assert/strict";
import { Secret } from "../../lib/config/secret.ts";
import { StartError } from "../../lib/core/errors.ts";
import { openStreams } from "../../lib/kafka/open_streams.ts";
import { testConfig } from "../_support/config.ts";
import { recordLog } from "../_support/log.ts";

const pem = (what: string) =>
  `-----BEGIN ${what}-----\nAAAA\n-----END ${what}-----`;

Deno.test("a private key that cannot be read stops the start with words, and is not in them", () => {
  const config = testConfig({
    kafkaBrokers: ["127.0.0.1:1"],
    kafkaTls: true,
    kafkaTlsCertificate: pem("CERTIFICATE"),
    kafkaTlsKey: new Secret(pem("PRIVATE KEY")),
  });
  assert.throws(() => openStreams({ config, log: recordLog() }), (error) => {
    assert.ok(error instanceof StartError, String(error));
    assert.match(error.message, /^Kafka settings are invalid: .*private key/);
    assert.doesNotMatch(error.message, /AAAA/);
    return true;
  });
});
