import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { freePorts, run, start } from "../dev/_run.ts";
import { filesBelow, wholeProject } from "./_whole_project.ts";

const LOGIN = "userAuthentication.userLoggedIn";

/** Links in Markdown to files of the project. */
const LINK = /\]\((?!https?:|#)([^)#\s]+)/g;

Deno.test("deno task init leaves a project without examples that works", async (t) => {
  await using project = await wholeProject();
  const cwd = project.path;
  const init = (...args: readonly string[]) =>
    run(["task", "-q", "init", ...args], { cwd });
  const read = (file: string) => Deno.readTextFile(join(cwd, file));
  const before = await filesBelow(cwd);

  await t.step(
    "--dry-run shows what would be done, and does nothing",
    async () => {
      const { code, stdout, stderr } = await init("--dry-run");
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^ {2}the example handlers, /m);
      assert.match(stdout, /^\d{3} files are removed, \d+ are changed: /m);
      assert.deepEqual(await filesBelow(cwd), before);
    },
  );

  await t.step("asks, and does nothing where nobody can answer", async () => {
    const { code, stderr } = await init();
    assert.deepEqual([code, stderr], [
      2,
      "Nobody can be asked here: expected --yes\n",
    ]);
    assert.deepEqual(await filesBelow(cwd), before);
  });

  for (
    const [args, message] of [
      [["--keep", "everything"], 'Part "everything" is unknown: '],
      [["--keep", "framework", "--remove", "ops"], 'Part "framework" tests '],
      [["--nonsense"], "Unknown option '--nonsense'"],
    ] as const
  ) {
    await t.step(`refuses ${args.join(" ")}`, async () => {
      const { code, stderr } = await init("--yes", ...args);
      assert.equal(code, 2);
      assert.ok(stderr.startsWith(message), stderr);
      assert.deepEqual(await filesBelow(cwd), before);
    });
  }

  await t.step(
    "removes examples and maintainers' parts, and says what is next",
    async () => {
      const { code, stdout, stderr } = await init("--yes");
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^Done\. Next:$/m);
      const left = await filesBelow(cwd);
      assert.deepEqual(
        left.filter((file) => /^(bench|handlers|tests|dev\/init)/.test(file)),
        [
          "handlers/mod.ts",
          "handlers/settings.ts",
          "tests/handlers/mod_test.ts",
        ],
      );
      const { tasks, permissions } = JSON.parse(await read("deno.json"));
      for (const task of ["init", "bench", "faults", "test:services"]) {
        assert.ok(!(task in tasks), task);
      }
      assert.ok(!permissions.service.env.includes("ITEM_ID_TO_GRANT"));
      for (
        const file of [".env.template", "docker-compose.yaml", "docs/deploy.md"]
      ) assert.doesNotMatch(await read(file), /ITEM_ID_TO_GRANT/, file);
    },
  );

  await t.step("leaves no link to what is gone", async () => {
    const left = new Set(await filesBelow(cwd));
    for (const page of left) {
      if (!page.endsWith(".md")) continue;
      for (const [, target = ""] of (await read(page)).matchAll(LINK)) {
        const file = join(dirname(page), target);
        assert.ok(left.has(file), `${page} links to ${target}`);
      }
    }
  });

  await t.step("leaves tasks that run files which are there", async () => {
    const left = new Set(await filesBelow(cwd));
    const { tasks } = JSON.parse(await read("deno.json"));
    for (const { command } of Object.values<{ command: string }>(tasks)) {
      for (const [file] of command.matchAll(/\b[\w/]+\.ts\b/g)) {
        assert.ok(left.has(file), `${command}: ${file}`);
      }
    }
  });

  await t.step("its tests pass", async () => {
    const { code, stdout, stderr } = await run(["task", "test"], { cwd });
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /1 passed/);
  });

  const env = freePorts();

  await t.step(
    "deno task dev starts, and says how to make a handler",
    async () => {
      await using dev = start(["task", "dev", "--no-check"], { env, cwd });
      await dev.printed(/^ {2}Try /m);
      await dev.printed(/^ {2}Handlers {3}none yet: \S+ new handler <event> /m);
      await dev.printed(/No event has a handler, and AGS will deliver none: /);
      assert.equal((await dev.stop("SIGINT")).code, 0);
    },
  );

  await t.step("a first handler is made, tested and served", async () => {
    const made = await run(["task", "-q", "new", "handler", LOGIN], { cwd });
    assert.equal(made.code, 0, made.stderr);
    const tested = await run(["task", "test"], { cwd });
    assert.equal(tested.code, 0, tested.stdout + tested.stderr);
    assert.match(tested.stdout, /2 passed/);
    await using dev = start(["task", "dev", "--no-check"], { env, cwd });
    await dev.printed(new RegExp(`^ {2}Handlers {3}${LOGIN}$`, "m"));
    assert.doesNotMatch(dev.text, /No event has a handler/);
  });
});

Deno.test("deno task init keeps the setting of the examples where a handler reads it", async () => {
  await using project = await wholeProject();
  const file = "handlers/mine.ts";
  await Deno.writeTextFile(
    join(project.path, file),
    'import { on } from "event-handler";\n\n' +
      'export default on("lobby.*", (_event, ctx) => {\n' +
      "  ctx.log.info(ctx.config.itemIdToGrant);\n});\n",
  );
  const { code, stdout, stderr } = await run(
    ["task", "-q", "init", "--yes", "--keep", "framework"],
    { cwd: project.path },
  );
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /^Note: ITEM_ID_TO_GRANT stays: handlers\/mine\.ts reads ctx\.config\.itemIdToGrant$/m,
  );
  const read = (name: string) => Deno.readTextFile(join(project.path, name));
  assert.match(await read("handlers/settings.ts"), /ITEM_ID_TO_GRANT/);
  assert.match(await read(".env.template"), /ITEM_ID_TO_GRANT/);
  const { tasks } = JSON.parse(await read("deno.json"));
  assert.ok("test:services" in tasks, "the framework stays");
});

Deno.test("deno task init removes nothing that git does not have", async () => {
  await using project = await wholeProject();
  const cwd = project.path;
  const git = async (...args: readonly string[]) => {
    const { success, stderr } = await new Deno.Command("git", {
      args: ["-c", "user.name=t", "-c", "user.email=t@t.example", ...args],
      cwd,
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  };
  await git("init", "--quiet");
  await git("add", "-A");
  await git("commit", "--quiet", "--no-verify", "-m", "All of it");
  const file = "tests/main_test.ts";
  await Deno.writeTextFile(join(cwd, file), "// mine\n");
  const init = () => run(["task", "-q", "init", "--yes"], { cwd });
  const { code, stderr } = await init();
  assert.equal(code, 2);
  assert.equal(
    stderr,
    `git does not have what is in ${file}: expected a commit first, or --force\n`,
  );
  assert.equal(await Deno.readTextFile(join(cwd, file)), "// mine\n");
  await git("commit", "--quiet", "--no-verify", "-am", "Mine");
  assert.equal((await init()).code, 0);
});
