import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { DevSettings } from "../../dev/settings.ts";
import { reference, run, tempFolder } from "./_run.ts";

const script = (options: string) => `
import { readDevSettings } from ${
  JSON.stringify(pathToFileURL(join(reference(), "dev/settings.ts")).href)
};
try {
  const { env, given, emulatorPort } = readDevSettings(${options});
  console.log(JSON.stringify({ env, given: [...given].sort(), emulatorPort }));
} catch (error) {
  console.log(JSON.stringify({ name: error.name, message: error.message }));
}
`;

type Found = Partial<Pick<DevSettings, "env" | "emulatorPort">> & {
  readonly given?: readonly string[];
  readonly name?: string;
  readonly message?: string;
};

/** What a process with these variables, and this `.env`, reads. */
async function settingsOf(
  env: Readonly<Record<string, string>>,
  file?: string,
  options = "",
): Promise<Found> {
  await using folder = await tempFolder();
  if (file !== undefined) {
    await Deno.writeTextFile(join(folder.path, ".env"), file);
  }
  const path = join(folder.path, "script.ts");
  await Deno.writeTextFile(path, script(options));
  const config = join(reference(), "deno.json");
  const { stdout, stderr } = await run(
    ["run", "--config", config, "-A", path],
    { env, cwd: folder.path },
  );
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

Deno.test("settings without any variable are the emulator's", async () => {
  const { env, given, emulatorPort } = await settingsOf({});
  assert.deepEqual(env, {
    EVENT_STREAM: "stdout",
    LOG_FORMAT: "pretty",
    AB_BASE_URL: "http://127.0.0.1:8090",
    AB_CLIENT_ID: "c0000000000000000000000000000001",
    AB_CLIENT_SECRET: "emulator-only",
    AB_NAMESPACE: "mygame",
    ITEM_ID_TO_GRANT: "e0000000000000000000000000000002",
  });
  assert.deepEqual(given, []);
  assert.equal(emulatorPort, 8090);
});

Deno.test("settings that are given win over the emulator's", async () => {
  const { env, given, emulatorPort } = await settingsOf({
    EMULATOR_PORT: "9000",
    AB_NAMESPACE: "other",
    LOG_FORMAT: "json",
    GRPC_PORT: "7000",
  });
  assert.equal(env?.AB_BASE_URL, "http://127.0.0.1:9000");
  assert.equal(env?.AB_NAMESPACE, "other");
  assert.equal(env?.LOG_FORMAT, "json");
  assert.equal(env?.GRPC_PORT, "7000");
  assert.deepEqual(given, ["AB_NAMESPACE", "GRPC_PORT", "LOG_FORMAT"]);
  assert.equal(emulatorPort, 9000);
});

Deno.test("settings come from .env where the environment has none", async () => {
  const { env, given } = await settingsOf(
    { AB_NAMESPACE: "environment", LOG_LEVEL: " " },
    "AB_NAMESPACE=file\nLOG_LEVEL=debug\nITEM_ID_TO_GRANT='item'\n",
  );
  assert.equal(env?.AB_NAMESPACE, "environment");
  assert.equal(env?.LOG_LEVEL, "debug");
  assert.equal(env?.ITEM_ID_TO_GRANT, "item");
  assert.deepEqual(given, ["AB_NAMESPACE", "ITEM_ID_TO_GRANT", "LOG_LEVEL"]);
});

Deno.test("settings that name an AGS have nothing of the emulator", async () => {
  const { env, emulatorPort } = await settingsOf(
    { EMULATOR_PORT: "9000" },
    "AB_BASE_URL=https://ags.example\n",
  );
  assert.deepEqual(env, {
    EVENT_STREAM: "stdout",
    LOG_FORMAT: "pretty",
    AB_BASE_URL: "https://ags.example",
  });
  assert.equal(emulatorPort, undefined);
});

Deno.test("settings that name brokers take events from Kafka, too, and publish there", async () => {
  const { env } = await settingsOf({ KAFKA_BROKERS: "kafka:9092" });
  assert.deepEqual(
    [env?.KAFKA_BROKERS, env?.SOURCES, env?.EVENT_STREAM],
    ["kafka:9092", "grpc,kafka", undefined],
  );
  const own = await settingsOf({
    KAFKA_BROKERS: "kafka:9092",
    SOURCES: "grpc",
  });
  assert.equal(own.env?.SOURCES, "grpc");
});

Deno.test("settings that ask for Kafka without brokers have those of this machine", async () => {
  const { env } = await settingsOf({}, undefined, "{ hasKafka: true }");
  assert.deepEqual(
    [env?.KAFKA_BROKERS, env?.SOURCES],
    ["localhost:9092", "grpc,kafka"],
  );
});

Deno.test("settings with an AB_BASE_URL that is empty are the emulator's", async () => {
  const found = await settingsOf({ AB_BASE_URL: "" }, "AB_BASE_URL=\n");
  assert.equal(found.env?.AB_BASE_URL, "http://127.0.0.1:8090");
});

for (const port of ["nonsense", "0", "-1", "70000", "0x50", "1e3"]) {
  Deno.test(`settings refuse the EMULATOR_PORT "${port}"`, async () => {
    assert.deepEqual(await settingsOf({ EMULATOR_PORT: port }), {
      name: "ConfigError",
      message:
        `EMULATOR_PORT is invalid: expected a port from 1 to 65535, found "${port}"`,
    });
  });
}

Deno.test("settings take an EMULATOR_PORT that is empty for none", async () => {
  const { emulatorPort } = await settingsOf({ EMULATOR_PORT: " " });
  assert.equal(emulatorPort, 8090);
});
