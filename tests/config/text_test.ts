import assert from "node:assert/strict";
import { parseEnv } from "node:util";
import fc from "fast-check";
import type { Environment } from "../../lib/config/parse.ts";
import type { Config } from "../../lib/core/config.ts";
import {
  configText,
  envTemplate,
  helpText,
  markdownTable,
} from "../../lib/config/text.ts";
import {
  parseAll,
  REQUIRED_VARIABLES,
  TEST_SETTINGS,
  testConfig,
} from "../_support/config.ts";

const NAMES = Object.values(TEST_SETTINGS).map(({ env }) => env);

/** Everything but the secret, which no text has. */
function comparable({ clientSecret: _, ...config }: Config): object {
  return config;
}

function configOf(text: string): Config {
  return parseAll(parseEnv(text) as Environment).config;
}

Deno.test("helpText(TEST_SETTINGS) has a line for every setting, with text and default", () => {
  const lines = helpText(TEST_SETTINGS).split("\n");
  for (const { env, doc, default: value } of Object.values(TEST_SETTINGS)) {
    const line = lines.find((each) => each.startsWith(`  ${env} `));
    const end = value === undefined ? "(required)" : `(default ${value})`;
    assert.ok(line?.endsWith(`${doc} ${end}`), env);
  }
  for (const option of ["--help", "--print-config"]) {
    assert.ok(lines.some((line) => line.startsWith(`  ${option} `)), option);
  }
});

Deno.test("markdownTable() has a row of three cells for every setting", () => {
  const [head, rule, ...rows] = markdownTable(TEST_SETTINGS).trimEnd().split(
    "\n",
  );
  assert.equal(head, "| Variable | What it is | Default |");
  assert.equal(rule, "|---|---|---|");
  assert.equal(rows.length, Object.values(TEST_SETTINGS).length);
  for (const [index, setting] of Object.values(TEST_SETTINGS).entries()) {
    const value = setting.default;
    assert.deepEqual(rows[index]?.split("|").map((cell) => cell.trim()), [
      "",
      `\`${setting.env}\``,
      setting.doc,
      value === undefined ? "required" : `\`${value}\``,
      "",
    ]);
  }
});

Deno.test("envTemplate() has every setting: required ones to fill in, others as comments", () => {
  const lines = envTemplate(TEST_SETTINGS).split("\n");
  for (const { env, default: value, example } of Object.values(TEST_SETTINGS)) {
    const line = value === undefined
      ? `${env}=${example ?? ""}`
      : `# ${env}=${value}`;
    assert.equal(lines.filter((each) => each === line).length, 1, line);
  }
  assert.equal(
    lines.filter((line) => /^#? ?[A-Z_]+=/.test(line)).length,
    NAMES.length,
  );
});

Deno.test("envTemplate() as it is lacks what has no example", () => {
  const missing = Object.values(TEST_SETTINGS).filter((setting) =>
    setting.default === undefined && setting.example === undefined
  ).map(({ env }) => env);
  assert.throws(() => configOf(envTemplate(TEST_SETTINGS)), (error) => {
    assert.ok(error instanceof Error);
    assert.deepEqual(
      error.message.split("\n").map((line) => line.split(" ")[0]),
      missing,
    );
    return true;
  });
});

Deno.test("envTemplate() filled in, with its comments taken away, is the defaults", () => {
  const filled = Object.entries(REQUIRED_VARIABLES).reduce(
    (text, [name, value]) =>
      text.replace(new RegExp(`^${name}=.*$`, "m"), `${name}=${value}`),
    envTemplate(TEST_SETTINGS),
  );
  const { config } = parseAll(REQUIRED_VARIABLES);
  assert.deepEqual(configOf(filled), config);
  const all = filled.replace(/^# ([A-Z_]+=)/gm, "$1");
  assert.deepEqual(configOf(all), config);
  assert.deepEqual(parseAll(parseEnv(all) as Environment).defaulted, []);
});

Deno.test("configText() has a line for every setting, in order", () => {
  const names = configText(testConfig(), TEST_SETTINGS).trimEnd().split("\n")
    .map((line) => line.split("=")[0]);
  assert.deepEqual(names, NAMES);
});

Deno.test("configText() gives durations a unit, and other numbers none", () => {
  const text = configText(
    testConfig({ handlerTimeout: 1_500, grpcPort: 7 }),
    TEST_SETTINGS,
  );
  assert.match(text, /^HANDLER_TIMEOUT=1500ms$/m);
  assert.match(text, /^GRPC_PORT=7$/m);
  assert.match(text, /^MAX_CONCURRENCY=256$/m);
});

Deno.test("No text shows the secret", () => {
  const { config } = parseAll({
    ...REQUIRED_VARIABLES,
    AB_CLIENT_SECRET: "hush-hush",
  });
  assert.match(
    configText(config, TEST_SETTINGS),
    /^AB_CLIENT_SECRET=\[secret\]$/m,
  );
  for (
    const text of [
      configText(config, TEST_SETTINGS),
      helpText(TEST_SETTINGS),
      markdownTable(TEST_SETTINGS),
      envTemplate(TEST_SETTINGS),
    ]
  ) {
    assert.ok(!text.includes("hush"));
  }
});

Deno.test("configText() reads back as the same settings, whatever they are", () => {
  const duration = (max: number) =>
    fc.integer({ min: 1, max }).map((time) => `${time}ms`);
  // A text with all three quotes in it has no form that a .env file takes.
  const text = fc.string({ minLength: 1 }).map((each) =>
    `x${each.replace(/[`\r\0]/g, "").replaceAll('"', "'")}x`
  );
  const variables: fc.Arbitrary<Environment> = fc.record({
    AB_BASE_URL: fc.webUrl().filter((url) => !/[;:@=]/.test(url.slice(8))),
    AB_CLIENT_ID: text,
    AB_CLIENT_SECRET: fc.constant("hush"),
    AB_NAMESPACE: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]*$/),
    ITEM_ID_TO_GRANT: text,
    GRPC_PORT: fc.integer({ min: 1, max: 65_535 }).map(String),
    MAX_CONCURRENCY: fc.integer({ min: 1, max: 100_000 }).map(String),
    HANDLER_TIMEOUT: duration(3_600_000),
    GRPC_KEEPALIVE_TIME: duration(7_200_000),
    ON_REJECT: fc.constantFrom("reject", "ack"),
    LOG_LEVEL: fc.constantFrom("debug", "info", "warn", "error"),
  });
  fc.assert(fc.property(variables, (env) => {
    const { config } = parseAll(env);
    assert.deepEqual(
      comparable(configOf(configText(config, TEST_SETTINGS))),
      comparable(config),
    );
  }));
});
