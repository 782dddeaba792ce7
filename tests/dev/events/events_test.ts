import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT, run, tempFolder, tool } from "../_run.ts";
import { EVENTS } from "./_all_events.ts";

const LOGIN = "userAuthentication.userLoggedIn";
const FILE = "dev/events/main.ts";

async function events(...args: readonly string[]) {
  await using folder = await tempFolder();
  return await run(tool(FILE, args), { cwd: folder.path });
}

Deno.test("deno task events lists every event on a line of its own, under its channel", async () => {
  const { code, stdout, stderr } = await events();
  assert.equal(code, 0);
  assert.equal(stderr, "");
  const lines = stdout.trimEnd().split("\n");
  const listed = lines.filter((line) => line.startsWith("  "));
  assert.deepEqual(
    listed.map((line) => line.trim().split(/\s+/)[0]),
    EVENTS.map(({ types }) => types[0]),
  );
  assert.deepEqual(
    lines.filter((line) => /^\S/.test(line)),
    [...new Set(EVENTS.map(({ channel }) => channel))],
  );
});

Deno.test("deno task events <words> lists the events that have them, with namespace and user", async () => {
  for (const args of [["friend", "accepted"], ["Accepted friend"]]) {
    const { code, stdout } = await events(...args);
    assert.equal(code, 0);
    assert.equal(
      stdout,
      `friendRequests
  friendRequests.friendRequestAccepted  Friend request accepted  namespace, userId

incomingFriendRequests
  incomingFriendRequests.friendRequestAccepted  Friend request accepted  namespace, userId
`,
    );
  }
});

Deno.test("deno task events shows where the payload has the user when the envelope has not", async () => {
  const { stdout } = await events(
    "group.groupMemberKicked".split(".")[1] ?? "",
  );
  assert.match(
    stdout,
    /^ {2}groupMember\.groupMemberKicked {2}Group member kicked {2}namespace, \w+UserId$/m,
  );
});

Deno.test("deno task events <event> shows its type, service, file, a sample, and what to do with it", async () => {
  const { code, stdout, stderr } = await events(LOGIN);
  assert.equal(code, 0, stderr);
  for (
    const text of [
      `${LOGIN}  User logged in\n`,
      "accelbyte.iam.account.v1.UserAuthenticationUserLoggedInService/OnMessage\n",
      "proto/accelbyte-asyncapi/iam/account/v1/account.proto\n",
      "\n/** Event `userAuthentication.userLoggedIn`. */\nexport interface UserLoggedIn {\n",
      "export interface UserAuthentication {\n",
      "  /** 64-bit integer in decimal. */\n",
      `task send ${LOGIN}\n`,
      `task new handler ${LOGIN}\n`,
    ]
  ) assert.ok(stdout.includes(text), text);
  const [, json = ""] = /^A sample\n\n(\{\n[^]*?\n\})$/m.exec(stdout) ?? [];
  const sample = JSON.parse(json);
  assert.equal(sample.name, "userLoggedIn");
  assert.equal(sample.namespace, "mygame");
  assert.match(sample.userId, /^[0-9a-f]{32}$/);
});

Deno.test("deno task events <event> shows both events of a key that two share", async () => {
  const key = "mpv2SessionHistory.MatchHistoryEvent";
  const { code, stdout } = await events(key);
  assert.equal(code, 0);
  assert.ok(stdout.startsWith(`${key} is the key of 2 events:\n`));
  for (const qualifier of ["matchmaking_v2", "session"]) {
    assert.ok(stdout.includes(`task send ${key}@${qualifier}\n`));
  }
  const one = await events(`${key}@session`);
  assert.ok(!one.stdout.includes("matchmaking_v2"));
  assert.match(one.stdout, new RegExp(`^Also +${key}, with others`, "m"));
});

Deno.test("deno task events takes a group event's key with its three parts", async () => {
  const { code, stdout } = await events("group.groupCreated.groupCreated");
  assert.equal(code, 0);
  assert.match(stdout, /^group\.groupCreated {2}Group created\n/);
  assert.match(stdout, /^Id +none: event\.id is a hash$/m);
});

Deno.test("deno task events --json prints what the list says", async () => {
  const { code, stdout } = await events("--json", "logged", "in");
  assert.equal(code, 0);
  const list: readonly Record<string, unknown>[] = JSON.parse(stdout);
  assert.deepEqual(list.map(({ types }) => types), [
    [LOGIN],
    ["userAuthentication.userThirdPartyLoggedIn"],
  ]);
  assert.deepEqual(list[0]?.userFields, [
    "userId",
    "payload.userAccount.userId",
  ]);
});

Deno.test("deno task events <event> --json prints type and sample", async () => {
  const { stdout } = await events(LOGIN, "--json");
  const [event, ...others] = JSON.parse(stdout);
  assert.deepEqual(others, []);
  assert.match(event.typescript, /export interface UserLoggedIn \{/);
  assert.equal(event.sample.name, "userLoggedIn");
});

const REFUSED: readonly (readonly [readonly string[], RegExp])[] = [
  [["userAuthentication.userLogedIn"], new RegExp(`did you mean "${LOGIN}"$`)],
  [["userAuthentification.*"], /did you mean "userAuthentication\.\*"$/],
  [["no.such.thing.at.all.anywhere"], /^Event ".*" does not exist/],
  [["nosuchword", "login"], /^No event has "nosuchword" and "login"$/],
  [
    ["frend", "acepted"],
    /^No event has "frend" and "acepted": did you mean "friend" and "accepted"$/,
  ],
  [["login", "wallet"], /^No event has "login" and "wallet"$/],
  [["--jsn"], /--jsn/],
];

for (const [args, message] of REFUSED) {
  Deno.test(`deno task events ${args.join(" ")} says why there is nothing, and exits with 2`, async () => {
    const { code, stdout, stderr } = await events(...args);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr.trim(), message);
    assert.doesNotMatch(stderr, /\n\s+at /, "no stack for a slip of the pen");
  });
}

Deno.test("deno task events takes the namespace of the sample from .env", async () => {
  await using folder = await tempFolder();
  await Deno.writeTextFile(
    join(folder.path, ".env"),
    "AB_BASE_URL=https://ags.example\nAB_NAMESPACE=othergame\n",
  );
  const { stdout } = await run(tool(FILE, [LOGIN, "--json"]), {
    cwd: folder.path,
  });
  assert.equal(JSON.parse(stdout)[0].sample.namespace, "othergame");
});

/** Runs it in a shell, with the colours that it chooses itself. */
async function inShell(
  line: (command: string) => string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly text: string }> {
  const command = [Deno.execPath(), ...tool(FILE, ["login"])].map((word) =>
    `'${word}'`
  ).join(" ");
  const inherited = Deno.env.toObject();
  delete inherited.NO_COLOR;
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", line(command)],
    cwd: ROOT,
    env: { ...inherited, ...env },
    clearEnv: true,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

Deno.test("deno task events writes no colours into a pipe", async () => {
  const { code, text } = await inShell((command) => `${command} | cat`);
  assert.equal(code, 0);
  assert.ok(text.includes(LOGIN));
  assert.ok(!text.includes("\x1b"));
});

Deno.test("deno task events says nothing of a pipe that closes early", async () => {
  const { code, text } = await inShell((command) =>
    `(${command.replace(/'login'$/, "")}; echo "exit $?" >&2) | head -1`
  );
  assert.equal(code, 0);
  assert.deepEqual(text.trim().split("\n"), ["achievement", "exit 0"]);
});

const hasScript = await new Deno.Command("sh", {
  args: ["-c", "script -V 2>/dev/null | grep -q util-linux"],
}).output().then(({ success }) => success);

Deno.test({
  name: "deno task events colours on a terminal, unless NO_COLOR is set",
  ignore: !hasScript && Deno.env.get("REQUIRE_TOOLS") !== "1",
  async fn() {
    const onTerminal = (command: string) =>
      `script -qec "${command}" /dev/null </dev/null`;
    const coloured = await inShell(onTerminal);
    assert.ok(coloured.text.includes("\x1b[1muserAuthentication\x1b[22m"));
    assert.match(coloured.text, /5 events\. /);
    const plain = await inShell(onTerminal, { NO_COLOR: "1" });
    assert.ok(plain.text.includes(LOGIN));
    assert.ok(!plain.text.includes("\x1b["));
  },
});
