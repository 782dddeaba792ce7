import assert from "node:assert/strict";
import { startEmulator } from "../dev/emulator/mod.ts";
import { ConfigError, type Environment } from "../lib/config/parse.ts";
import { handlers, settings } from "../dev/reference/mod.ts";
import { main, type MainOptions } from "../main.ts";
import { REQUIRED_VARIABLES, TEST_SETTINGS } from "./_support/config.ts";
import { freePort } from "../dev/free_port.ts";

interface Ran {
  readonly code: number;
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
}

/** Runs it until it ends by itself; what it writes to the console is kept. */
async function run(
  args: readonly string[],
  environment: Environment | MainOptions["readEnvironment"] =
    REQUIRED_VARIABLES,
): Promise<Ran> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const { log, error } = console;
  Object.assign(console, {
    log: (text: string) => stdout.push(text),
    error: (text: string) => stderr.push(text),
  });
  try {
    const code = await main({
      args,
      handlers,
      settings,
      readEnvironment: typeof environment === "function"
        ? environment
        : () => environment,
      onStarted: () => {
        throw new Error("Service was started: expected it to end before");
      },
    });
    return { code, stdout, stderr };
  } finally {
    Object.assign(console, { log, error });
  }
}

/** Reading it would be a mistake. */
function noEnvironment(): never {
  throw new Error("Environment was read");
}

Deno.test("main() --help describes all settings, whatever they are", async () => {
  const { code, stdout, stderr } = await run(["--help"], noEnvironment);
  assert.deepEqual([code, stderr], [0, []]);
  const text = stdout.join("\n");
  for (const { env } of Object.values(TEST_SETTINGS)) {
    assert.match(text, new RegExp(env));
  }
});

Deno.test("main() --version names the project and its runtime", async () => {
  const { code, stdout } = await run(["--version"], noEnvironment);
  assert.equal(code, 0);
  assert.equal(stdout.length, 1);
  assert.match(
    stdout[0] ?? "",
    new RegExp(
      `^extend-event-handler \\S+ \\(.+, deno ${Deno.version.deno}\\)$`,
    ),
  );
});

Deno.test("main() refuses an unknown argument, whatever else there is", async () => {
  for (const unknown of ["--port=1", "serve", "-h", ""]) {
    assert.deepEqual(await run(["--help", unknown], noEnvironment), {
      code: 2,
      stdout: [],
      stderr: [`Argument "${unknown}" is unknown: see --help`],
    });
  }
});

Deno.test("main() lists every problem of the settings, one a line, with code 78", async () => {
  const { AB_CLIENT_SECRET: secret, ...rest } = REQUIRED_VARIABLES;
  const { code, stdout, stderr } = await run([], {
    ...rest,
    AB_CLIENT_SECRET: secret,
    AB_BASE_URL: "ftp://x",
    GRPC_PORT: "70000",
    LOG_FORMAT: "xml",
  });
  assert.deepEqual([code, stdout], [78, []]);
  assert.deepEqual(stderr.map((line) => line.split(" ")[0]), [
    "AB_BASE_URL",
    "GRPC_PORT",
    "LOG_FORMAT",
  ]);
  assert.ok(!stderr.join().includes(secret));
});

Deno.test("main() reports settings that cannot be read with code 78", async () => {
  assert.deepEqual(
    await run([], () => {
      throw new ConfigError([".env cannot be read"]);
    }),
    { code: 78, stdout: [], stderr: [".env cannot be read"] },
  );
});

Deno.test("main() does not swallow what it does not expect", async () => {
  await assert.rejects(run([], noEnvironment), /Environment was read/);
});

Deno.test("main() --print-config shows the settings without the secret", async () => {
  const { code, stdout, stderr } = await run(["--print-config"]);
  assert.deepEqual([code, stderr], [0, []]);
  const lines = stdout.join("\n").split("\n");
  assert.equal(lines.length, Object.values(TEST_SETTINGS).length);
  assert.ok(lines.includes("AB_CLIENT_SECRET=[secret]"));
  assert.ok(lines.includes(`AB_NAMESPACE=${REQUIRED_VARIABLES.AB_NAMESPACE}`));
});

Deno.test("main() doctor exits with 0 when nothing is wrong and 1 when something is", async () => {
  await using emulator = await startEmulator();
  const env = {
    ...REQUIRED_VARIABLES,
    AB_BASE_URL: emulator.url,
    AB_CLIENT_ID: "c0000000000000000000000000000001",
    AB_CLIENT_SECRET: "emulator-only",
    AB_NAMESPACE: emulator.namespace,
    ITEM_ID_TO_GRANT: "e0000000000000000000000000000002",
    GRPC_PORT: String(freePort()),
    METRICS_PORT: String(freePort()),
  };
  const well = await run(["doctor"], env);
  assert.equal(well.code, 0, well.stdout.join("\n"));
  const wrong = { ...env, AB_CLIENT_SECRET: "not-the-secret" };
  const ill = await run(["doctor"], wrong);
  assert.equal(ill.code, 1);
  assert.ok(ill.stdout.some((line) => /^failed +AGS login: /.test(line)));
  assert.ok(!ill.stdout.join().includes("not-the-secret"));
  // Nothing runs that could answer.
  assert.equal((await run(["doctor", "--running"], env)).code, 1);
});

for (const setting of ["GRPC_PORT", "METRICS_PORT"]) {
  Deno.test(`main() ends with code 1 when ${setting} is taken`, async () => {
    using taken = Deno.listen({ hostname: "0.0.0.0", port: 0 });
    const port = String(taken.addr.port);
    const { code, stderr } = await run([], {
      ...REQUIRED_VARIABLES,
      GRPC_PORT: String(freePort()),
      METRICS_PORT: String(freePort()),
      // A start that fails is one record of the log, which is not looked at here.
      LOG_LEVEL: "error",
      [setting]: port,
    });
    assert.equal(code, 1);
    assert.ok(
      stderr.includes(
        `Port ${port} cannot be opened: expected ${setting} to name a free port`,
      ),
    );
  });
}

Deno.test("main() refuses --running without doctor, and starts nothing", async () => {
  const { code, stderr } = await run(["--running"], noEnvironment);
  assert.equal(code, 2);
  assert.deepEqual(stderr, [
    'Argument "--running" belongs to "doctor": see --help',
  ]);
});
