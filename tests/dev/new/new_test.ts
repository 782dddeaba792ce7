import assert from "node:assert/strict";
import { ROOT, run } from "../_run.ts";
import { copyProject } from "./_project.ts";

const GROUP = "group.groupCreated";
const CLASHING = "mpv2SessionHistory.MatchHistoryEvent";
const MADE: readonly (readonly [type: string, file: string])[] = [
  [GROUP, "group_created"],
  [`${CLASHING}@matchmaking_v2`, "match_history_event_matchmaking_v2"],
  [`${CLASHING}@session`, "match_history_event_session"],
  [
    "deletion_account_gdpr.gdprRequestDataDeletionResponse",
    "gdpr_request_data_deletion_response",
  ],
  [
    "friendRequests.friendRequestAccepted",
    "friend_requests_friend_request_accepted",
  ],
  ["lobby.*", "lobby_events"],
];

Deno.test("deno task new handler", async (t) => {
  await using project = await copyProject();
  const list = await project.read("handlers/mod.ts");
  const before = {
    handlers: await project.list("handlers"),
    tests: await project.list("tests/handlers"),
  };

  await t.step("--dry-run shows the files and writes none", async () => {
    const { code, stdout } = await project.make("handler", GROUP, "--dry-run");
    assert.equal(code, 0);
    for (
      const text of [
        "// handlers/group_created.ts\n\nimport { on }",
        'on("group.groupCreated", (event, ctx) => {',
        "// tests/handlers/group_created_test.ts\n\nimport assert",
        '\nimport groupCreated from "./group_created.ts";\n',
      ]
    ) assert.ok(stdout.includes(text), text);
    assert.deepEqual(await project.list("handlers"), before.handlers);
    assert.deepEqual(await project.list("tests/handlers"), before.tests);
    assert.equal(await project.read("handlers/mod.ts"), list);
  });

  await t.step("writes handlers, tests and the list, and says so", async () => {
    const { code, stdout, stderr } = await project.make(
      "handler",
      ...MADE.map(([type]) => type),
    );
    assert.equal(code, 0, stderr);
    for (const [, file] of MADE) {
      assert.ok(stdout.includes(`Wrote handlers/${file}.ts\n`), file);
      assert.ok(
        stdout.includes(`Wrote tests/handlers/${file}_test.ts\n`),
        file,
      );
    }
    assert.ok(stdout.includes("Changed handlers/mod.ts\n"));
    assert.match(stdout, /^Try it: .*task send group\.groupCreated$/m);
    assert.match(
      await project.read("handlers/mod.ts"),
      /^ {2}userThirdPartyLoggedIn,\n {2}groupCreated,\n {2}matchHistoryEventMatchmakingV2,\n {2}matchHistoryEventSession,\n(.*\n)*\];$/m,
    );
  });

  await t.step(
    "writes what formatter, linter and imports take; tests/projects checks types",
    async () => {
      for (
        const args of [
          ["fmt", "--check", "handlers", "tests/handlers"],
          ["lint", "handlers", "tests/handlers"],
          ["run", "-A", "dev/check_imports.ts", "--root", project.path],
        ]
      ) {
        const { code, stdout, stderr } = await project.deno(...args);
        assert.equal(code, 0, stdout + stderr);
      }
    },
  );

  const files = MADE.map(([, file]) => `tests/handlers/${file}_test.ts`);

  await t.step(
    "refuses a key that stands for two messages, and names them",
    async () => {
      const { code, stderr } = await project.deno(
        ...["task", "new", "handler", CLASHING],
      );
      assert.equal(code, 2);
      assert.match(stderr, /MatchHistoryEvent@matchmaking_v2.*@session/);
    },
  );

  await t.step("writes tests that pass", async () => {
    const { code, stdout, stderr } = await project.deno(
      "test",
      "--no-prompt",
      "--no-check",
      "-A",
      "tests/handlers/mod_test.ts",
      ...files,
    );
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, new RegExp(`${files.length + 1} passed`));
  });

  await t.step("writes tests that fail when the handler does", async () => {
    for (
      const [file, from, to] of [
        ["group_created", "ctx.log", 'throw new Error("broken"); ctx.log'],
        ["match_history_event_session", "ctx.log.info(", "void (ctx, "],
      ] as const
    ) {
      const path = `handlers/${file}.ts`;
      const text = await project.read(path);
      assert.ok(text.includes(from));
      await project.write(path, text.replace(from, to));
    }
    const { code, stdout } = await project.deno(
      "test",
      "--no-prompt",
      "--no-check",
      "-A",
      ...["group_created", "match_history_event_session"].map((file) =>
        `tests/handlers/${file}_test.ts`
      ),
    );
    assert.equal(code, 1);
    assert.match(stdout, /0 passed.* 2 failed/);
    assert.match(stdout, /Error: broken/);
  });

  await t.step(
    "refuses what has a handler, what does not exist, and what is in the way, all at once",
    async () => {
      await project.write(
        "handlers/party_deleted_event.ts",
        'import { on } from "event-handler";\nexport default on("topic.topicCreated", () => {});\n',
      );
      const handlers = await project.list("handlers");
      const { code, stdout, stderr } = await project.make(
        "handler",
        "userAuthentication.userLoggedIn",
        "userAuthentication.*",
        "userAuthentication.userLogedOut",
        "usrAuthentication.*",
        "mpv2SessionHistory.PartyDeletedEvent",
        "statManagement.statCreated",
        "statManagement.statCreated",
      );
      assert.equal(code, 2);
      assert.equal(stdout, "");
      assert.deepEqual(stderr.trim().split("\n"), [
        'Event "userAuthentication.userLoggedIn" already has a handler: handlers/user_logged_in.ts',
        'Event "userAuthentication.userLoggedIn" of "userAuthentication.*" already has a handler: handlers/user_logged_in.ts',
        'Event "userAuthentication.userLogedOut" does not exist: did you mean "userAuthentication.userLoggedOut"',
        'Event "usrAuthentication.*" does not exist: did you mean "userAuthentication.*"',
        "handlers/party_deleted_event.ts exists already: rename or delete it",
        'Event "statManagement.statCreated" already has a handler: handlers/stat_created.ts',
      ]);
      assert.deepEqual(await project.list("handlers"), handlers);
    },
  );

  await t.step("says which handler cannot be loaded", async () => {
    await project.write("handlers/broken.ts", "export default 1 +;\n");
    const broken = await project.make("handler", "statManagement.statCreated");
    assert.equal(broken.code, 2);
    assert.match(broken.stderr, /^handlers\/broken\.ts cannot be loaded: /);
    await project.write("handlers/broken.ts", "export default 1;\n");
    const empty = await project.make("handler", "statManagement.statCreated");
    assert.equal(empty.code, 2);
    assert.match(
      empty.stderr,
      /^handlers\/broken\.ts exports no handler: expected export default on\(…\)/,
    );
  });
});

const USAGE: readonly (readonly string[])[] = [
  [],
  ["handler"],
  ["handlr", GROUP],
];

for (const args of USAGE) {
  Deno.test(`deno task new ${args.join(" ")} prints how to use it, and exits with 2`, async () => {
    const { code, stderr } = await start(args);
    assert.equal(code, 2);
    assert.match(stderr, /^Usage: \.\/task new handler <event>/m);
  });
}

Deno.test("deno task new --help prints how to use it", async () => {
  const { code, stdout } = await start(["--help"]);
  assert.equal(code, 0);
  assert.match(stdout, /^Usage: \.\/task new handler <event>/m);
});

async function start(args: readonly string[]) {
  return await run(["task", "--quiet", "new", ...args], { cwd: ROOT });
}
