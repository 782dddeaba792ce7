/**
 * Rules of the start: settings, arguments, ports and folders.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { OWN_ADDRESSES } from "../_support/ipv6.ts";
import { connect } from "../grpc/_grpc.ts";
import { checkHealth } from "../grpc/_clients.ts";
import { makeFolder } from "../grpc/_fixture.ts";
import type { Exit, TargetOptions } from "./_target.ts";
import { CLIENT_SECRET, environment, type Suite } from "./_world.ts";
import { PATIENCE } from "../_support/patience.ts";

/** No AGS is there: the service starts all the same. */
const ENVIRONMENT = environment({
  url: "http://127.0.0.1:9",
  namespace: "mygame",
});

interface Run extends Exit {
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** Registers the rules. */
export function startRules(suite: Suite): void {
  const { name, startTarget, readsEnvFile } = suite;

  /** Runs it until it ends by itself. */
  async function run(options: TargetOptions): Promise<Run> {
    await using target = await startTarget({
      mayComplain: /./,
      ...options,
      untilStarted: false,
    });
    const exit = await target.exited;
    return { ...exit, stdout: target.stdout, stderr: target.stderr };
  }

  Deno.test(`${name}: both ports answer IPv4 and IPv6 callers`, async () => {
    await using target = await startTarget({ env: ENVIRONMENT });
    for (const address of OWN_ADDRESSES) {
      const host = address.includes(":") ? `[${address}]` : address;
      const url = `http://${host}:${target.metricsPort}/livez`;
      assert.equal(await (await fetch(url)).text(), "ok\n", host);
      await using channel = connect(target.grpcPort, host);
      assert.equal(await checkHealth(channel.client), "SERVING", host);
    }
  });

  for (const setting of ["GRPC_PORT", "METRICS_PORT"] as const) {
    Deno.test(`${name}: a ${setting} that is taken ends it with code 1, and a message that names both`, async () => {
      using taken = Deno.listen({ hostname: "0.0.0.0", port: 0 });
      const port = String(taken.addr.port);
      const { code, stderr, stdout } = await run({
        env: { ...ENVIRONMENT, [setting]: port },
      });
      const message =
        `Port ${port} cannot be opened: expected ${setting} to name a free port`;
      assert.equal(code, 1);
      assert.ok(stderr.includes(message), stderr.join("\n"));
      const record = JSON.parse(stdout.at(-1) ?? "");
      assert.deepEqual(
        [record.level, record.message, record.error.message],
        ["error", "Service cannot start", message],
      );
    });
  }

  Deno.test(`${name}: settings that are missing or wrong end it with code 78, all of them listed, no secret shown`, async () => {
    const { code, stderr, stdout } = await run({
      env: {
        AB_BASE_URL: "not a url",
        AB_CLIENT_SECRET: CLIENT_SECRET,
        AB_NAMESPACE: "no spaces allowed",
        GRPC_PORT: "0",
        HANDLER_TIMEOUT: "30",
        LOG_LEVEL: "loud",
      },
    });
    assert.equal(code, 78);
    assert.deepEqual(stdout, []);
    const named = stderr.map((line) => line.split(" ")[0]);
    assert.deepEqual(named.toSorted(), [
      "AB_BASE_URL",
      "AB_CLIENT_ID",
      "AB_NAMESPACE",
      "GRPC_PORT",
      "HANDLER_TIMEOUT",
      "ITEM_ID_TO_GRANT",
      "LOG_LEVEL",
    ]);
    for (const line of stderr) assert.match(line, /: expected /);
  });

  Deno.test(`${name}: an empty environment names every variable that it needs`, async () => {
    const { code, stderr } = await run({ env: {} });
    assert.equal(code, 78);
    assert.deepEqual(stderr.map((line) => line.split(" ")[0]).toSorted(), [
      "AB_BASE_URL",
      "AB_CLIENT_ID",
      "AB_CLIENT_SECRET",
      "AB_NAMESPACE",
      "ITEM_ID_TO_GRANT",
    ]);
  });

  Deno.test(`${name}: --help describes every setting, and needs none`, async () => {
    const { code, stdout, stderr } = await run({ env: {}, args: ["--help"] });
    assert.deepEqual([code, stderr], [0, []]);
    const text = stdout.join("\n");
    for (const setting of [...Object.keys(ENVIRONMENT), "GRPC_PORT"]) {
      assert.match(text, new RegExp(`^ +${setting} `, "m"));
    }
    assert.match(text, /--print-config/);
  });

  Deno.test(`${name}: --print-config shows the settings in force, and no secret`, async () => {
    const { code, stdout, stderr } = await run({
      env: { ...ENVIRONMENT, GRPC_PORT: "6000", HANDLER_TIMEOUT: "2m" },
      args: ["--print-config"],
    });
    assert.deepEqual([code, stderr], [0, []]);
    for (
      const line of [
        "AB_NAMESPACE=mygame",
        "AB_CLIENT_SECRET=[secret]",
        "GRPC_PORT=6000",
        "HANDLER_TIMEOUT=120000ms",
        "LOG_LEVEL=info",
      ]
    ) assert.ok(stdout.includes(line), line);
  });

  Deno.test(`${name}: an argument that is unknown ends it with code 2`, async () => {
    const { code, stderr } = await run({
      env: ENVIRONMENT,
      args: ["--print-config", "--prot=1"],
    });
    assert.equal(code, 2);
    assert.deepEqual(stderr, [
      'Argument "--prot=1" is unknown: see --help',
    ]);
  });

  async function assertServes(options: TargetOptions): Promise<void> {
    await using target = await startTarget(options);
    await using channel = connect(target.grpcPort);
    assert.equal(await checkHealth(channel.client), "SERVING");
    target.signal("SIGTERM");
    assert.deepEqual(await target.exited, { code: 0, signal: null });
  }

  Deno.test(`${name}: it serves from any working directory, one that nothing can be written to included`, async () => {
    using folder = makeFolder();
    await Deno.chmod(folder.path, 0o555);
    await assertServes({ env: ENVIRONMENT, cwd: folder.path });
    const entries = await Array.fromAsync(Deno.readDir(folder.path));
    assert.deepEqual(entries, [], "and leaves nothing there");
  });

  Deno.test(`${name}: LOG_FORMAT=pretty and LOG_LEVEL=debug serve as well`, async () => {
    await using target = await startTarget({
      env: { ...ENVIRONMENT, LOG_LEVEL: "debug", LOG_FORMAT: "pretty" },
      untilStarted: false,
    });
    await using channel = connect(target.grpcPort);
    // Its log is not for machines: health says when it has started.
    const signal = AbortSignal.timeout(PATIENCE);
    while (await checkHealth(channel.client) !== "SERVING") {
      signal.throwIfAborted();
    }
    target.signal("SIGTERM");
    assert.deepEqual(await target.exited, { code: 0, signal: null });
    assert.ok(target.stdout.some((line) => line.includes("Service stopped")));
  });

  if (!readsEnvFile) return;

  Deno.test(`${name}: .env in the working directory fills in what the environment does not have`, async () => {
    using folder = makeFolder({
      ".env": Object.entries({ ...ENVIRONMENT, GRPC_PORT: "6001" })
        .map(([name, value]) => `${name}="${value}"\n`).join(""),
    });
    const { code, stdout } = await run({
      env: { AB_NAMESPACE: "from-environment", METRICS_PORT: "6002" },
      cwd: folder.path,
      args: ["--print-config"],
    });
    assert.equal(code, 0);
    for (
      const line of [
        "AB_NAMESPACE=from-environment",
        "AB_CLIENT_ID=c0000000000000000000000000000001",
        "METRICS_PORT=6002",
      ]
    ) assert.ok(stdout.includes(line), line);
  });

  Deno.test(`${name}: a .env that cannot be read ends it with code 78`, async () => {
    using folder = makeFolder({ ".env/file": "" });
    const { code, stderr } = await run({
      env: ENVIRONMENT,
      cwd: folder.path,
    });
    assert.equal(code, 78);
    assert.match(stderr.join("\n"), /^\.env cannot be read: expected /);
  });

  Deno.test(`${name}: a .env that is no text ends it with code 78, and shows none of it`, async () => {
    using folder = makeFolder();
    await Deno.writeFile(
      join(folder.path, ".env"),
      new TextEncoder().encode(`AB_CLIENT_SECRET=${CLIENT_SECRET}\n`)
        .map((byte, index) => index === 0 ? 0xff : byte),
    );
    const { code, stderr } = await run({
      env: ENVIRONMENT,
      cwd: folder.path,
    });
    assert.equal(code, 78);
    assert.match(stderr.join("\n"), /^\.env cannot be read: expected /);
  });
}
