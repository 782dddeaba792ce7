import assert from "node:assert/strict";
import { ConfigError, type Environment } from "../../lib/config/parse.ts";
import type { Config } from "../../lib/core/config.ts";
import { parseResourceAttributes } from "../../lib/config/otel.ts";
import { parseAll, REQUIRED_VARIABLES } from "../_support/config.ts";

function configOf(env: Environment): Config {
  return parseAll({ ...REQUIRED_VARIABLES, ...env }).config;
}

const GOOD: readonly (readonly [
  name: string,
  text: string,
  key: keyof Config,
  value: unknown,
])[] = [
  [
    "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
    "https://zipkin.example/api/v2/spans?a=b",
    "otelZipkinEndpoint",
    "https://zipkin.example/api/v2/spans?a=b",
  ],
  ["OTEL_DENO", "true", "otelDeno", true],
  ["OTEL_DENO", "false", "otelDeno", false],
  ["OTEL_SDK_DISABLED", "TRUE", "otelSdkDisabled", true],
  ["OTEL_TRACES_EXPORTER", "zipkin", "otelTracesExporter", "zipkin"],
  ["OTEL_SERVICE_NAME", "my service", "otelServiceName", "my service"],
  [
    "OTEL_RESOURCE_ATTRIBUTES",
    "a=b,c=d%2Ce",
    "otelResourceAttributes",
    "a=b,c=d%2Ce",
  ],
  ["OTEL_TRACES_SAMPLER", "always_off", "otelTracesSampler", "always_off"],
  ["OTEL_TRACES_SAMPLER_ARG", "0.25", "otelTracesSamplerArg", 0.25],
  ["OTEL_TRACES_SAMPLER_ARG", "0", "otelTracesSamplerArg", 0],
  ["OTEL_PROPAGATORS", "b3multi, tracecontext", "otelPropagators", [
    "b3multi",
    "tracecontext",
  ]],
  ["OTEL_BSP_SCHEDULE_DELAY", "100", "otelBspScheduleDelay", 100],
];

for (const [name, text, key, value] of GOOD) {
  Deno.test(`${name} may be ${text}`, () => {
    assert.deepEqual(configOf({ [name]: text })[key], value);
  });
}

const BAD: readonly (readonly [name: string, text: string])[] = [
  ["OTEL_EXPORTER_ZIPKIN_ENDPOINT", "zipkin:9411"],
  ["OTEL_EXPORTER_ZIPKIN_ENDPOINT", "ftp://zipkin/api/v2/spans"],
  ["OTEL_EXPORTER_ZIPKIN_ENDPOINT", "http://user:hush@zipkin/api/v2/spans"],
  // Deno does not take it, either.
  ["OTEL_DENO", "1"],
  ["OTEL_SDK_DISABLED", "1"],
  ["OTEL_TRACES_EXPORTER", "jaeger"],
  ["OTEL_SERVICE_NAME", "x".repeat(256)],
  ["OTEL_RESOURCE_ATTRIBUTES", "name"],
  ["OTEL_RESOURCE_ATTRIBUTES", "a=b=c"],
  ["OTEL_RESOURCE_ATTRIBUTES", "a=%zz"],
  ["OTEL_TRACES_SAMPLER", "jaeger_remote"],
  ["OTEL_TRACES_SAMPLER_ARG", "1.1"],
  ["OTEL_TRACES_SAMPLER_ARG", "-0.5"],
  ["OTEL_TRACES_SAMPLER_ARG", "half"],
  ["OTEL_PROPAGATORS", "b3,jaeger"],
  ["OTEL_PROPAGATORS", "b3,"],
  ["OTEL_BSP_SCHEDULE_DELAY", "5s"],
  ["OTEL_BSP_MAX_QUEUE_SIZE", "0"],
  ["OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100000"],
  ["OTEL_BSP_EXPORT_TIMEOUT", "1e3"],
];

for (const [name, text] of BAD) {
  Deno.test(`${name} may not be ${text.slice(0, 50)}`, () => {
    assert.throws(() => configOf({ [name]: text }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.problems.length, 1);
      assert.match(
        error.message,
        new RegExp(`^${name} is invalid: expected `),
      );
      assert.ok(!error.message.includes("hush"));
      return true;
    });
  });
}

Deno.test("parseResourceAttributes() decodes pairs, and takes all or nothing", () => {
  assert.deepEqual(parseResourceAttributes("none"), {});
  assert.deepEqual(parseResourceAttributes("a=1, b = x%3Dy ,"), {
    a: "1",
    b: "x=y",
  });
  assert.deepEqual(parseResourceAttributes("a="), { a: "" });
  assert.equal(parseResourceAttributes("a=1,b"), undefined);
  assert.equal(parseResourceAttributes("=1"), undefined);
  assert.deepEqual(
    Object.keys(parseResourceAttributes("__proto__=x") ?? {}),
    ["__proto__"],
  );
});
