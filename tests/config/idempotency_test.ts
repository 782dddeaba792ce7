import assert from "node:assert/strict";
import { ConfigError } from "../../lib/config/parse.ts";
import { parseAll, REQUIRED_VARIABLES } from "../_support/config.ts";

const CA = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";

function parse(variables: Readonly<Record<string, string>>) {
  return parseAll({ ...REQUIRED_VARIABLES, ...variables }).config;
}

Deno.test("REDIS_TLS_CA is PEM text, on one line or on many", () => {
  for (const text of [CA, CA.replaceAll("\n", "\\n")]) {
    const config = parse({
      IDEMPOTENCY_STORE: "rediss://redis.example",
      REDIS_TLS_CA: text,
    });
    assert.equal(config.redisTlsCa, CA);
  }
});

Deno.test("REDIS_TLS_CA without rediss:// is refused: it would check nothing", () => {
  for (const store of ["memory", "none", "redis://redis.example"]) {
    assert.throws(
      () => parse({ IDEMPOTENCY_STORE: store, REDIS_TLS_CA: CA }),
      (error) =>
        error instanceof ConfigError &&
        /^REDIS_TLS_CA is set: expected IDEMPOTENCY_STORE to be rediss/.test(
          error.problems[0] ?? "",
        ),
    );
  }
});

Deno.test("REDIS_TLS_CA is no path and no key, and a key is not shown", () => {
  const key = CA.replaceAll("CERTIFICATE", "PRIVATE KEY");
  for (const text of ["/etc/ssl/ca.pem", key]) {
    assert.throws(
      () =>
        parse({
          IDEMPOTENCY_STORE: "rediss://redis.example",
          REDIS_TLS_CA: text,
        }),
      (error) =>
        error instanceof ConfigError && /REDIS_TLS_CA/.test(error.message) &&
        !error.message.includes("MIIB"),
    );
  }
});
