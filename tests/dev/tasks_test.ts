import assert from "node:assert/strict";
import { join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { allSettings } from "../../dev/all_settings.ts";
import { serviceFlags } from "../../dev/supervisor/service_process.ts";
import { taskFlags, type TaskName } from "../_support/task_flags.ts";
import { ROOT } from "./_run.ts";

/**
 * Tasks that run no other program, and take what comes from outside. Those that do
 * (`dev`, `compile`, `new`, the checks) could have that program do what they may not.
 */
const CONFINED = [
  "start",
  "send",
  "dead-letters",
  "events",
  "emulator",
  "emulator:web-pubsub",
] as const satisfies readonly TaskName[];

/** What no such task needs, or needs in part only. */
const TOO_MUCH = [
  "-A",
  "--allow-all",
  "--allow-write",
  "--allow-run",
  "--allow-ffi",
  "--allow-sys",
  "--allow-import",
];

for (const task of CONFINED) {
  Deno.test(`deno task ${task} is allowed no more than it needs, by name`, () => {
    const flags = taskFlags(task);
    assert.deepEqual(flags.filter((flag) => TOO_MUCH.includes(flag)), []);
    const run = /^(-[a-pr-zA-Z]|--allow-(run|ffi|sys|import)(=|$))/;
    assert.deepEqual(flags.filter((flag) => run.test(flag)), []);
    assert.ok(flags.includes("--no-prompt"), "what is not allowed is refused");
  });
}

Deno.test("The tasks that handle events write dead letters, the inbox and the archive, and nothing else", () => {
  const allowed = [
    ["start", "dead-letters,inbox,archive"],
    ["dead-letters", "dead-letters"],
  ] as const;
  for (const [task, paths] of allowed) {
    const writes = taskFlags(task).filter((flag) => /write/.test(flag));
    assert.deepEqual(writes, [`--allow-write=${paths}`], task);
  }
  for (const task of ["send", "events", "emulator"] as const) {
    assert.ok(!taskFlags(task).some((flag) => /write/.test(flag)), task);
  }
});

Deno.test("deno task start reads its own files only", () => {
  const reads = taskFlags("start").filter((flag) => /read/.test(flag));
  assert.deepEqual(reads, [
    "--allow-read=proto,.env,dead-letters,inbox,archive",
  ]);
});

Deno.test("The service that deno task dev runs may do what it may in production, and read all variables", () => {
  const production = taskFlags("start").filter((flag) =>
    flag.startsWith("--allow-") && !flag.startsWith("--allow-env=")
  );
  const flags = serviceFlags(ROOT).map((flag) =>
    flag.replace(`${join(ROOT, "proto")},`, "proto,")
      .replace(`${join(ROOT, "handlers", "mod.ts")},`, "")
  );
  assert.deepEqual(
    flags.toSorted(),
    ["--no-prompt", "--allow-env", ...production].toSorted(),
  );
});

Deno.test("deno task start may read the variables of all settings, and few others", () => {
  const names = taskFlags("start")
    .find((flag) => flag.startsWith("--allow-env="))
    ?.replace("--allow-env=", "").split(",") ?? [];
  const isAllowed = (name: string) =>
    names.some((allowed) =>
      allowed.endsWith("*")
        ? name.startsWith(allowed.slice(0, -1))
        : name === allowed
    );
  const variables = allSettings.map(({ env }) => env);
  assert.deepEqual(variables.filter((name) => !isAllowed(name)), []);
  for (const name of ["PATH", "HOME", "AWS_PROFILE", "A"]) {
    assert.ok(!isAllowed(name), name);
  }
});

Deno.test("No task asks at the terminal for what it is not allowed", () => {
  for (const [name, { command }] of Object.entries(config.tasks)) {
    const isUnconfined = /deno (run|test) (\S+ )*-A /.test(command);
    if (!/\bdeno (run|test)\b/.test(command) || isUnconfined) continue;
    assert.match(command, /--no-prompt/, name);
  }
});

Deno.test("No task stands twice in deno.json, and .ci/run runs none twice", async () => {
  const text = await Deno.readTextFile(join(ROOT, "deno.json"));
  const [tasks = ""] = text.split('"imports":');
  const names = [...tasks.matchAll(/^ {4}"([\w:-]+)": \{$/gm)]
    .map(([, name]) => name);
  assert.deepEqual(
    names.toSorted(),
    Object.keys(config.tasks).toSorted(),
  );
  const script = await Deno.readTextFile(join(ROOT, ".ci/run"));
  const runs = [...script.matchAll(/^"\$\{deno\[@\]\}" task (x \S+|\S+)/gm)]
    .map(([, name = ""]) => name);
  assert.ok(runs.includes("test:services"));
  assert.deepEqual(runs, [...new Set(runs)]);
  for (const name of runs) {
    assert.ok((name.split(" ")[0] ?? "") in config.tasks, name);
  }
});
