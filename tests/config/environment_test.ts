import assert from "node:assert/strict";
import { TEST_SETTINGS } from "../_support/config.ts";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../_support/process.ts";

/** What `readEnvironment()` made of a file. */
interface Reading {
  /** The variables that are set. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it said of a file that it cannot read. */
  readonly problems?: readonly string[];
}

interface ReadOptions {
  /** Variables of the process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Permissions of the process. */
  readonly permissions?: readonly string[];
}

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

const SCRIPT = `
import { readEnvironment } from "${new URL(
  "../../lib/config/environment.ts",
  import.meta.url,
)}";
try {
  console.log(JSON.stringify({ env: readEnvironment(Deno.args[0]) }));
} catch ({ problems }) {
  console.log(JSON.stringify({ problems }));
}
`;

/**
 * Reads a file in a process of its own: the environment of this one belongs to all
 * tests that run at the same time.
 */
async function read(file: string, options: ReadOptions = {}): Promise<Reading> {
  const { env = {}, permissions = ["--allow-env", "--allow-read"] } = options;
  const blank = Object.values(TEST_SETTINGS).map(({ env: name }) => [name, ""]);
  const { stdout } = await run(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-lock", ...permissions, "-", file],
    cwd: ROOT,
    env: { ...Object.fromEntries(blank), ...env },
    stdin: SCRIPT,
  });
  return JSON.parse(stdout);
}

/** Makes a file of this content, reads it and removes it. */
async function readContent(
  content: string | Uint8Array,
  options?: ReadOptions,
): Promise<Reading> {
  const file = await Deno.makeTempFile({ suffix: ".env" });
  try {
    await Deno.writeFile(
      file,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
    return await read(file, options);
  } finally {
    await Deno.remove(file);
  }
}

/** Checks that a file cannot be read, and that the answer says why. */
async function assertUnreadable(file: string, why: RegExp): Promise<void> {
  const { problems } = await read(file, { permissions: ["-A"] });
  const start =
    `${file} cannot be read: expected a UTF-8 file of NAME=value lines (`;
  const [problem = "", ...others] = problems ?? [];
  assert.ok(problem.startsWith(start), problem);
  assert.match(problem, why);
  assert.deepEqual(others, []);
}

Deno.test("readEnvironment() reads the file, and prefers the process", async () => {
  const { env } = await readContent("GRPC_PORT=2\nMETRICS_PORT=3\nOTHER=4\n", {
    env: { GRPC_PORT: "1", LOG_LEVEL: "warn" },
  });
  assert.deepEqual(env, {
    GRPC_PORT: "1",
    METRICS_PORT: "3",
    LOG_LEVEL: "warn",
  });
});

Deno.test("readEnvironment() lets no blank variable of the process hide the file's", async () => {
  const { env } = await readContent("GRPC_PORT=2\nMETRICS_PORT=3\n", {
    env: { GRPC_PORT: "", METRICS_PORT: " \t" },
  });
  assert.deepEqual(env, { GRPC_PORT: "2", METRICS_PORT: "3" });
});

Deno.test("readEnvironment() knows the syntax of .env files", async () => {
  const { env } = await readContent(`\uFEFF# A comment
export GRPC_PORT=1
AB_CLIENT_ID="double # quoted" # comment
AB_CLIENT_SECRET='single # quoted'
AB_NAMESPACE = spaced
LOG_LEVEL=a=b
nonsense
METRICS_PORT=3\r
`);
  assert.deepEqual(env, {
    AB_CLIENT_ID: "double # quoted",
    AB_CLIENT_SECRET: "single # quoted",
    AB_NAMESPACE: "spaced",
    LOG_LEVEL: "a=b",
    GRPC_PORT: "1",
    METRICS_PORT: "3",
  });
});

Deno.test("readEnvironment() does without a file", async () => {
  const file = join(ROOT, "no_such_folder", ".env");
  const { env } = await read(file, { env: { GRPC_PORT: "1" } });
  assert.deepEqual(env, { GRPC_PORT: "1" });
});

Deno.test("readEnvironment() does without a file that Deno has no permission for", async () => {
  const { env } = await readContent("GRPC_PORT=1\n", {
    env: { METRICS_PORT: "2" },
    permissions: ["--allow-env"],
  });
  assert.deepEqual(env, { METRICS_PORT: "2" });
});

Deno.test("readEnvironment() says so when the file is a folder", async () => {
  await assertUnreadable(ROOT, /directory/i);
});

Deno.test("readEnvironment() says so when the file is not UTF-8", async () => {
  const { problems } = await readContent(Uint8Array.of(0x41, 0x3d, 0xff));
  assert.equal(problems?.length, 1);
  assert.match(
    problems?.[0] ?? "",
    /\.env cannot be read: expected a UTF-8 file of NAME=value lines \(.*not valid\)$/,
  );
});

Deno.test({
  name: "readEnvironment() says so when the system refuses the file",
  // A file that refuses even the superuser, as whom tests may run.
  ignore: Deno.build.os !== "linux",
  fn: () =>
    assertUnreadable("/proc/sys/vm/compact_memory", /Permission denied/),
});

Deno.test({
  name:
    "readEnvironment() names variables that are no text, and shows no byte of them",
  // Only a shell sets such variables.
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { stdout } = await run("sh", {
      args: [
        "-c",
        `export AB_CLIENT_SECRET="hush$(printf '\\377')" GRPC_PORT="$(printf '\\377')"
        exec "$0" eval --no-lock "$1" nowhere`,
        Deno.execPath(),
        SCRIPT,
      ],
      cwd: ROOT,
    });
    assert.deepEqual(JSON.parse(stdout), {
      problems: [
        "AB_CLIENT_SECRET is invalid: expected UTF-8 text, found other bytes",
        "GRPC_PORT is invalid: expected UTF-8 text, found other bytes",
      ],
    });
  },
});
