import assert from "node:assert/strict";
import { freePort } from "../../dev/free_port.ts";
import { join } from "node:path";
import {
  CONSUMABLE_ITEM_ID,
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  DEFAULT_NAMESPACE,
  type Emulator,
  startEmulator,
} from "../../dev/emulator/mod.ts";
import { type ReferenceConfig, settings } from "../../dev/reference/mod.ts";
import {
  checkRunning,
  diagnose,
  type Finding,
} from "../../lib/process/doctor.ts";
import { RedisUrl } from "../../lib/config/redis_url.ts";
import { Secret } from "../../lib/config/secret.ts";
import { startService } from "../../lib/service.ts";
import { testConfig } from "../_support/config.ts";
import { recordLog } from "../_support/log.ts";

const protoFolder = join(import.meta.dirname!, "..", "..", "proto");

function configFor(
  emulator: Emulator,
  overrides: Partial<ReferenceConfig>,
): ReferenceConfig {
  return testConfig({
    baseUrl: emulator.url,
    clientId: DEFAULT_CLIENT_ID,
    clientSecret: new Secret(DEFAULT_CLIENT_SECRET),
    namespace: DEFAULT_NAMESPACE,
    itemIdToGrant: CONSUMABLE_ITEM_ID,
    grpcPort: freePort(),
    metricsPort: freePort(),
    ...overrides,
  });
}

function verdicts(findings: readonly Finding[]): Record<string, string> {
  return Object.fromEntries(
    findings.map(({ name, verdict }) => [name, verdict]),
  );
}

function textOf(findings: readonly Finding[], name: string): string {
  return findings.find((finding) => finding.name === name)?.text ?? "";
}

const ALL_OK = {
  "settings": "ok",
  "AGS login": "ok",
  "namespace": "ok",
  "ITEM_ID_TO_GRANT": "ok",
  "idempotency store": "ok",
  "gRPC port": "ok",
  "metrics port": "ok",
};

Deno.test("doctor finds nothing wrong where everything is right", async () => {
  await using emulator = await startEmulator();
  const findings = await diagnose(configFor(emulator, {}), {
    protoFolder,
    settings,
  });
  assert.deepEqual(verdicts(findings), ALL_OK);
});

Deno.test("doctor finds a login that fails, and does not look further at AGS", async () => {
  await using emulator = await startEmulator();
  const config = configFor(emulator, { clientSecret: new Secret("wrong") });
  const findings = await diagnose(config, { protoFolder, settings });
  assert.deepEqual(verdicts(findings), {
    "settings": "ok",
    "AGS login": "failed",
    "idempotency store": "ok",
    "gRPC port": "ok",
    "metrics port": "ok",
  });
  assert.match(textOf(findings, "AGS login"), /401 \(invalid_client\)/);
});

Deno.test("doctor finds an item that does not exist", async () => {
  await using emulator = await startEmulator();
  const config = configFor(emulator, { itemIdToGrant: "nosuchitem" });
  const findings = await diagnose(config, { protoFolder, settings });
  assert.deepEqual(verdicts(findings), {
    ...ALL_OK,
    ITEM_ID_TO_GRANT: "failed",
  });
  assert.match(textOf(findings, "ITEM_ID_TO_GRANT"), /404 \(30341, /);
});

Deno.test("doctor says what the client may not see, and does not call it wrong", async () => {
  await using emulator = await startEmulator();
  const config = configFor(emulator, { namespace: "anothergame" });
  const findings = await diagnose(config, { protoFolder, settings });
  assert.deepEqual(verdicts(findings), {
    ...ALL_OK,
    namespace: "unknown",
    ITEM_ID_TO_GRANT: "unknown",
  });
});

Deno.test("doctor tries out the idempotency store, whichever it is", async () => {
  await using emulator = await startEmulator();
  for (
    const [idempotencyStore, text] of [
      ["memory", /^memory: each replica remembers its own last 50,000 events$/],
      ["cloudsave", /^cloudsave remembers events$/],
      ["none", /^none: each delivery of an event is handled$/],
    ] as const
  ) {
    const config = configFor(emulator, { idempotencyStore });
    const findings = await diagnose(config, { protoFolder, settings });
    assert.deepEqual(verdicts(findings), ALL_OK);
    assert.match(textOf(findings, "idempotency store"), text);
  }
});

Deno.test("doctor names the permission that Cloud Save lacks as a store, and does not try it without a login", async () => {
  await using emulator = await startEmulator();
  emulator.faults.set([
    { kind: "error", status: 403, match: { path: "/cloudsave" } },
  ]);
  const idempotencyStore = "cloudsave" as const;
  const config = configFor(emulator, { idempotencyStore });
  const findings = await diagnose(config, { protoFolder, settings });
  assert.equal(verdicts(findings)["idempotency store"], "failed");
  const text = textOf(findings, "idempotency store");
  assert.match(text, /lacks ADMIN:NAMESPACE:.*CLOUDSAVE:RECORD/);
  const unknown = configFor(emulator, {
    idempotencyStore,
    clientSecret: new Secret("wrong"),
  });
  const without = await diagnose(unknown, { protoFolder, settings });
  assert.ok(!("idempotency store" in verdicts(without)));
});

Deno.test("doctor finds a Redis that is not there, and shows no password", async () => {
  await using emulator = await startEmulator();
  const url = `redis://:hush@127.0.0.1:${freePort()}/1`;
  const config = configFor(emulator, { idempotencyStore: new RedisUrl(url) });
  const findings = await diagnose(config, { protoFolder, settings });
  const text = textOf(findings, "idempotency store");
  assert.match(text, /Redis is not connected at redis:.*refused/i);
  assert.doesNotMatch(text, /hush/);
});

Deno.test("doctor finds ports that something else has taken", async () => {
  await using emulator = await startEmulator();
  await using other = Deno.serve({
    port: 0,
    onListen: () => {},
    handler: () => new Response("", { status: 404 }),
  });
  const config = configFor(emulator, {
    grpcPort: Number(new URL(emulator.url).port),
    metricsPort: other.addr.port,
  });
  const findings = await diagnose(config, { protoFolder, settings });
  assert.deepEqual(verdicts(findings), {
    ...ALL_OK,
    "gRPC port": "failed",
    "metrics port": "failed",
  });
  assert.match(textOf(findings, "gRPC port"), /set GRPC_PORT/);
  assert.match(textOf(findings, "metrics port"), /set METRICS_PORT/);
});

Deno.test("doctor takes the ports of a running service for what they are", async () => {
  await using emulator = await startEmulator();
  const config = configFor(emulator, {});
  const log = recordLog();
  await using _service = await startService({
    config,
    handlers: [],
    protoFolder,
    log,
  });
  const findings = await diagnose(config, { protoFolder, settings });
  assert.deepEqual(verdicts(findings), ALL_OK);
  assert.match(textOf(findings, "gRPC port"), /running service/);
});

Deno.test("doctor --running is fine when the service serves and can log in", async () => {
  await using emulator = await startEmulator();
  const config = configFor(emulator, {});
  const log = recordLog();
  await using service = await startService({
    config,
    handlers: [],
    protoFolder,
    log,
  });
  const check = async () =>
    verdicts(await checkRunning(config, { protoFolder, settings }));
  assert.deepEqual(await check(), { gRPC: "ok", ready: "ok" });
  await service.drain();
  assert.equal((await check()).gRPC, "failed");
});

Deno.test("doctor --running finds that nothing runs, and that AGS cannot be reached", async () => {
  await using emulator = await startEmulator();
  const config = configFor(emulator, { clientSecret: new Secret("wrong") });
  const check = async () =>
    verdicts(await checkRunning(config, { protoFolder, settings }));
  assert.deepEqual(await check(), { gRPC: "failed", ready: "failed" });
  const [, nobody] = await checkRunning(config, { protoFolder, settings });
  assert.match(nobody?.text ?? "", /^nothing answers at port \d+$/);
  const log = recordLog();
  await using _service = await startService({
    config,
    handlers: [],
    protoFolder,
    log,
  });
  assert.deepEqual(await check(), { gRPC: "ok", ready: "failed" });
});

Deno.test("/readyz says no from the moment that the service drains", async () => {
  await using emulator = await startEmulator();
  await using service = await startService({
    config: configFor(emulator, {}),
    handlers: [],
    protoFolder,
    log: recordLog(),
  });
  const ready = async () => {
    const url = `http://127.0.0.1:${service.metricsPort}/readyz`;
    const response = await fetch(url);
    return `${response.status} ${await response.text()}`;
  };
  assert.equal(await ready(), "200 ok\n");
  await service.drain();
  assert.equal(await ready(), "503 Service is draining\n");
});

const LETTERS = "dead-letters/letters.jsonl";

for (
  const [what, prepare, finding] of [
    ["is not there", () => Promise.resolve(), {
      name: "dead letters",
      verdict: "ok",
      text: `can be written to ${LETTERS}`,
    }],
    ["is no folder", (path: string) => Deno.writeTextFile(path, ""), {
      name: "dead letters",
      verdict: "warning",
      text:
        `cannot be written to ${LETTERS}, and go to the log without their payload: let ` +
        "this process write to its folder, or set DEAD_LETTER",
    }],
  ] as const
) {
  Deno.test(`doctor checks whether dead letters can be written if their folder ${what}, and leaves it as it was`, async () => {
    const folder = await Deno.makeTempDir();
    const before = Deno.cwd();
    try {
      await prepare(join(folder, "dead-letters"));
      const then = await Array.fromAsync(Deno.readDir(folder));
      Deno.chdir(folder);
      const config = testConfig({
        deadLetter: "auto",
        grpcPort: freePort(),
        metricsPort: freePort(),
      });
      const findings = await diagnose(config, { protoFolder });
      const found = findings.filter(({ name }) => name === "dead letters");
      assert.deepEqual(found, [finding]);
      assert.deepEqual(await Array.fromAsync(Deno.readDir(folder)), then);
    } finally {
      Deno.chdir(before);
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("doctor finds a file of dead letters that cannot be written", async () => {
  const config = testConfig({
    deadLetter: "file:/dev/null/letters.jsonl",
    grpcPort: freePort(),
    metricsPort: freePort(),
  });
  const findings = await diagnose(config, { protoFolder });
  assert.equal(verdicts(findings)["dead letters"], "failed");
});
