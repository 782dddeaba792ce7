import assert from "node:assert/strict";
import { join } from "node:path";
import { DEFAULT_NAMESPACE, startEmulator } from "../../dev/emulator/mod.ts";
import { allSettings } from "../../dev/all_settings.ts";
import {
  freePorts,
  ROOT,
  run,
  type Running,
  start,
  tempFolder,
  tool,
} from "./_run.ts";

const LOGIN = "userAuthentication.userLoggedIn";
const THIRD_PARTY_LOGIN = "userAuthentication.userThirdPartyLoggedIn";

/** Whether somebody answers HTTP there. */
async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).body?.cancel();
    return true;
  } catch {
    return false;
  }
}

function startDev(
  env: Readonly<Record<string, string>>,
  cwd: string,
): Running {
  return start(tool("dev/main.ts"), { env, cwd });
}

/** Sends one event, as `deno task send` does; its standard output. */
async function send(
  env: Readonly<Record<string, string>>,
  cwd: string,
): Promise<string> {
  return (await run(tool("dev/send.ts", [LOGIN]), { env, cwd })).stdout;
}

Deno.test("deno task dev shows a banner: handlers, ports, the emulator, what is not set", async () => {
  await using folder = await tempFolder();
  const env = freePorts();
  await using dev = startDev(env, folder.path);
  await dev.printed(/Service started/);
  const rows = [
    `  Handlers   ${LOGIN}`,
    `             ${THIRD_PARTY_LOGIN}`,
    `  gRPC       localhost:${env.GRPC_PORT}`,
    `  Metrics    http://localhost:${env.METRICS_PORT}/metrics`,
    `  AGS        emulator at http://127.0.0.1:${env.EMULATOR_PORT}`,
    `  Messaging  emulated publisher at localhost:${env.ASYNC_MESSAGING_PUBLISHER_GRPC_PORT}`,
    `  Namespace  ${DEFAULT_NAMESPACE}`,
    "  Defaults   AB_BASE_URL AB_CLIENT_ID AB_CLIENT_SECRET AB_NAMESPACE",
  ];
  for (const row of rows) assert.ok(dev.text.includes(`\n${row}`), row);
  assert.match(
    dev.text,
    new RegExp(`^  Try        .* task send ${LOGIN}$`, "m"),
  );
  const [, defaults = ""] = /^ {2}Defaults([^]*?)\n {2}Try/m.exec(dev.text) ??
    [];
  // Those that the emulator stands in for by name, the rest by number.
  const required = allSettings.filter((each) => each.default === undefined);
  const names = defaults.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? [];
  assert.deepEqual(names, required.map(({ env }) => env));
  const given = allSettings.filter((each) => each.env in env);
  assert.ok(given.length >= 3, "ports are given");
  const rest = allSettings.length - required.length - given.length;
  assert.match(
    defaults,
    new RegExp(`and ${rest} more \\(.*deno.* task start --help\\)$`),
  );
  assert.doesNotMatch(dev.text, /emulator-only/, "no secret is shown");
});

Deno.test("deno task dev serves metrics, probes and the emulator, and stops when told", async () => {
  await using folder = await tempFolder();
  const env = freePorts();
  await using dev = startDev(env, folder.path);
  await dev.printed(/Service started/);
  const admin = `http://127.0.0.1:${env.METRICS_PORT}`;
  for (const path of ["/livez", "/readyz", "/metrics"]) {
    const answer = await fetch(admin + path);
    await answer.body?.cancel();
    assert.equal(answer.status, 200, path);
  }
  const emulator = `http://127.0.0.1:${env.EMULATOR_PORT}/emulator`;
  assert.ok(await answers(emulator));
  const { code, stdout } = await dev.stop();
  assert.equal(code, 0);
  assert.match(stdout, /Service stopped/);
  assert.equal(await answers(emulator), false);
});

Deno.test("deno task dev takes the settings of .env, below the environment's", async () => {
  await using folder = await tempFolder();
  await Deno.writeTextFile(
    join(folder.path, ".env"),
    "AB_NAMESPACE=fromfile\nITEM_ID_TO_GRANT=no-such-item\nLOG_FORMAT=json\n",
  );
  const env = { ...freePorts(), AB_NAMESPACE: "fromenvironment" };
  await using dev = startDev(env, folder.path);
  await dev.printed(/Service started/);
  assert.match(dev.text, /^ {2}Namespace {2}fromenvironment$/m);
  assert.match(dev.text, /^\{.*"message":"Service started"/m);
  const answer = await send(env, folder.path);
  assert.match(answer, /^FAILED_PRECONDITION in /m, "there is no such item");
});

for (const where of ["the environment", ".env"] as const) {
  Deno.test(`deno task dev starts no emulator when ${where} names an AGS`, async () => {
    await using folder = await tempFolder();
    await using ags = await startEmulator({ namespace: "realgame" });
    const settings = {
      AB_BASE_URL: ags.url,
      AB_CLIENT_ID: "c0000000000000000000000000000001",
      AB_CLIENT_SECRET: "emulator-only",
      AB_NAMESPACE: "realgame",
      ITEM_ID_TO_GRANT: "e0000000000000000000000000000002",
    };
    const lines = Object.entries(settings).map((pair) => pair.join("="));
    const env: Record<string, string> = freePorts();
    if (where === ".env") {
      await Deno.writeTextFile(join(folder.path, ".env"), lines.join("\n"));
    } else Object.assign(env, settings);
    await using dev = startDev(env, folder.path);
    await dev.printed(/Service started/);
    assert.match(dev.text, new RegExp(`^ {2}AGS {8}${ags.url}$`, "m"));
    assert.match(dev.text, /^ {2}Defaults {3}\d+ settings \(/m);
    assert.equal(
      await answers(`http://127.0.0.1:${env.EMULATOR_PORT}/emulator`),
      false,
    );
    assert.match(await send(env, folder.path), /^Granted entitlement /m);
    assert.equal(ags.journal.counters.grants, 1);
  });
}

/** What the program says when it cannot start. */
async function refused(
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<{ readonly code: number; readonly stderr: string }> {
  await using folder = await tempFolder();
  const { code, stderr } = await run(tool("dev/main.ts", args), {
    env,
    cwd: folder.path,
  });
  assert.doesNotMatch(stderr, /\n\s+at /, "no stack");
  return { code, stderr: stderr.trim() };
}

Deno.test("deno task dev says which port is taken, and what moves it", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const taken = String((listener.addr as Deno.NetAddr).port);
  try {
    assert.deepEqual(
      await refused({ ...freePorts(), EMULATOR_PORT: taken }),
      {
        code: 1,
        stderr:
          `Port ${taken} cannot be opened: expected EMULATOR_PORT to name a free port`,
      },
    );
  } finally {
    listener.close();
  }
});

Deno.test("deno task dev refuses a port that is none", async () => {
  assert.deepEqual(await refused({ ...freePorts(), EMULATOR_PORT: "80a" }), {
    code: 78,
    stderr:
      'EMULATOR_PORT is invalid: expected a port from 1 to 65535, found "80a"',
  });
});

Deno.test("deno task dev refuses settings as the service does", async () => {
  const env = { ...freePorts(), HANDLER_TIMEOUT: "soon" };
  const { code, stderr } = await refused(env);
  assert.equal(code, 78);
  assert.match(stderr, /^HANDLER_TIMEOUT is invalid: /);
});

Deno.test("deno task dev lists all that a named AGS lacks", async () => {
  const env = { ...freePorts(), AB_BASE_URL: "https://ags.example" };
  const { code, stderr } = await refused(env);
  assert.equal(code, 78);
  assert.deepEqual(stderr.split("\n").map((line) => line.split(" ")[0]), [
    "AB_CLIENT_ID",
    "AB_CLIENT_SECRET",
    "AB_NAMESPACE",
    "ITEM_ID_TO_GRANT",
  ]);
});

Deno.test("deno task dev refuses an argument it does not know", async () => {
  const { code, stderr } = await refused(freePorts(), ["--nonsense"]);
  assert.equal(code, 2);
  assert.equal(stderr, 'Argument "--nonsense" is unknown: see --help');
});

/** What the program is made of. */
const PARTS = [
  "deno.json",
  "deno.lock",
  "main.ts",
  "mod.ts",
  "handlers",
  "lib",
  "proto",
  "dev",
];

async function copy(from: string, to: string): Promise<void> {
  const { isDirectory } = await Deno.stat(from);
  if (!isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to);
  for await (const { name } of Deno.readDir(from)) {
    await copy(join(from, name), join(to, name));
  }
}

/**
 * Saves a file, and again if nothing comes of it: Deno's watcher overlooks a change
 * that it meets while it starts again.
 */
async function save(
  write: () => Promise<void>,
  seen: () => Promise<unknown>,
): Promise<void> {
  const outcome = seen();
  await write();
  const again = setInterval(write, 5_000);
  try {
    await outcome;
  } finally {
    clearInterval(again);
  }
}

Deno.test("deno task dev starts again when a handler changes, and when .env appears or changes", async (t) => {
  await using folder = await tempFolder();
  const cwd = folder.path;
  for (const part of PARTS) await copy(join(ROOT, part), join(cwd, part));
  const env = freePorts();
  await using dev = start(["task", "dev"], { env, cwd });
  await dev.printed(/Service started/);
  assert.match(await send(env, cwd), /^OK in /m);

  await t.step("a handler that changes", async () => {
    const seen = dev.text.length;
    const text = `import { on, TerminalError } from "event-handler";
       export default on("${LOGIN}", () => {
         throw new TerminalError("Changed");
       });`;
    await save(
      () => Deno.writeTextFile(join(cwd, "handlers/user_logged_in.ts"), text),
      () => dev.printed(/Service started/, seen),
    );
    assert.match(await send(env, cwd), /^INVALID_ARGUMENT in [\d.]+ ms: /m);
  });

  await t.step("a handler that does not compile, and then does", async () => {
    const file = join(cwd, "handlers/user_logged_in.ts");
    let seen = dev.text.length;
    await save(
      () => Deno.writeTextFile(file, "export default ("),
      () => dev.printed(/Process failed/, seen),
    );
    seen = dev.text.length;
    await save(
      () => copy(join(ROOT, "handlers/user_logged_in.ts"), file),
      () => dev.printed(/Service started/, seen),
    );
    assert.match(await send(env, cwd), /^OK in /m);
  });

  for (const namespace of ["appeared", "changed"]) {
    await t.step(`a .env that ${namespace}`, async () => {
      const seen = dev.text.length;
      const banner = new RegExp(`^ {2}Namespace {2}${namespace}$`, "m");
      const text = `AB_NAMESPACE=${namespace}\n`;
      await save(
        () => Deno.writeTextFile(join(cwd, ".env"), text),
        () => dev.printed(banner, seen),
      );
      await dev.printed(/Service started/, seen);
      assert.match(await send(env, cwd), /^OK in /m);
    });
  }

  await t.step("and stops at Ctrl-C", async () => {
    assert.equal((await dev.stop("SIGINT")).code, 0);
  });
});
