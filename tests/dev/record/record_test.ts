import assert from "node:assert/strict";
import { join } from "node:path";
import { freePorts, run, start, tempFolder, tool } from "../_run.ts";

const LOGIN = "userAuthentication.userLoggedIn";

/** dev, and the tools beside it. */
async function startDev() {
  await using stack = new AsyncDisposableStack();
  const { path: cwd } = stack.use(await tempFolder());
  const env = { ...freePorts(), AB_NAMESPACE: "mygame" };
  const dev = stack.use(
    start(tool("dev/main.ts", ["--no-check"]), { env, cwd }),
  );
  await dev.printed(/^ {2}Try /m);
  const running = stack.move();
  const at = ["--address", `127.0.0.1:${env.GRPC_PORT}`];
  return {
    cwd,
    send: (...args: readonly string[]) =>
      run(tool("dev/send.ts", [...at, ...args]), { env, cwd }),
    record: (...args: readonly string[]) =>
      start(tool("dev/record/main.ts", args), { env, cwd }),
    async fail(fault: object) {
      const answer = await fetch(
        `http://127.0.0.1:${env.EMULATOR_PORT}/emulator/faults`,
        { method: "PUT", body: JSON.stringify([fault]) },
      );
      await answer.body?.cancel();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

Deno.test("events are recorded, and sent again", async (t) => {
  await using dev = await startDev();

  await t.step("--last says that none has arrived yet", async () => {
    const { code, stderr } = await dev.send("--last");
    assert.equal(code, 2);
    assert.match(
      stderr,
      /^No event of gRPC or Kafka has arrived since \S*task dev was started$/m,
    );
  });

  await t.step(
    "--last sends the last one again, with another id, or its own",
    async () => {
      await dev.send(LOGIN, "--set", "userId=una");
      const again = await dev.send("--last");
      assert.match(
        again.stdout,
        new RegExp(`^${LOGIN}\nOK in .*: handled\n {2}POST .*/users/una/`),
      );
      const same = await dev.send("--last", "--keep-ids");
      assert.match(same.stdout, /^OK in .*: duplicate \(handled .* ago\)$/m);
    },
  );

  await t.step(
    "nothing is in a file before record runs; what arrives then is, without personal data",
    async () => {
      const { code } = await run(
        tool("dev/send.ts", ["--recorded", "recorded/logins.jsonl"]),
        { cwd: dev.cwd, env: {} },
      );
      assert.equal(code, 2);
      await using recorder = dev.record("logins", "--events", "2");
      await recorder.printed(/^Recording in recorded\/logins\.jsonl/m);
      for (const id of ["r1", "r1", "r2"]) {
        await dev.send(
          LOGIN,
          "--set",
          "userId=una",
          "--set",
          `id=${id}`,
          "--set",
          "payload.userAccount.emailAddress=una@private.example",
          "--set",
          "payload.userAccount.displayName=Una Real",
        );
      }
      assert.equal((await recorder.ended()).code, 0);
      assert.match(
        recorder.text,
        /^Recorded 2 events in recorded\/logins\.jsonl$/m,
      );
      const text = await Deno.readTextFile(
        join(dev.cwd, "recorded/logins.jsonl"),
      );
      assert.doesNotMatch(text, /una|private|Real/i);
      const events = text.trimEnd().split("\n").map((line) => JSON.parse(line));
      assert.deepEqual(events.map(({ data }) => data.id), ["r1", "r2"]);
      assert.equal(events[0].data.userId, events[1].data.userId);
      assert.equal(
        events[0].data.payload.userAccount.emailAddress,
        "player@example.com",
      );
    },
  );

  await t.step("--recorded sends them again", async () => {
    const { code, stdout } = await dev.send(
      "--recorded",
      "recorded/logins.jsonl",
    );
    assert.equal(code, 0, stdout);
    assert.equal(stdout.match(/^OK in .*: handled$/gm)?.length, 2, stdout);
    const set = await dev.send(
      "--recorded",
      "recorded/logins.jsonl",
      "--set",
      "userId=ben",
    );
    assert.equal(set.stdout.match(/\/users\/ben\//g)?.length, 2);
  });

  await t.step(
    "--redeliver has a batch come again as a whole, so that retries and duplicates are seen",
    async () => {
      await dev.fail({
        kind: "reset",
        match: { path: "/platform" },
        skip: 2,
        times: 1,
      });
      const { code, stdout } = await dev.send(
        LOGIN,
        "--repeat",
        "3",
        "--redeliver",
      );
      assert.equal(code, 0, stdout);
      const lines = stdout.trimEnd().split("\n");
      assert.match(lines[0] ?? "", /^Delivery 1: 2 handled, 1 failed$/);
      assert.match(
        lines[1] ?? "",
        /^ {2}UNAVAILABLE: failed \(AGS could not be reached/,
      );
      assert.equal(lines[2], "1 of 3 failed: all come again in 250 ms");
      assert.equal(lines[3], "Delivery 2: 2 duplicate, 1 handled");
      assert.equal(
        lines[4],
        "Delivery 3, as after a restart of the connector: 3 duplicate",
      );
      assert.equal(lines.length, 5);
    },
  );

  await t.step(
    "--redeliver does not have a batch come again for what is refused for good",
    async () => {
      const { code, stdout } = await dev.send(
        LOGIN,
        "--set",
        "userId=",
        "--redeliver",
      );
      assert.equal(code, 1);
      assert.match(
        stdout,
        /^Delivery 1: 1 rejected\n {2}INVALID_ARGUMENT: rejected/,
      );
      assert.match(stdout, /^Delivery 2, as after a restart .*: 1 duplicate$/m);
    },
  );

  await t.step("record ends when it is told to", async () => {
    await using recorder = dev.record("more");
    await recorder.printed(/^Recording in recorded\/more\.jsonl/m);
    const { code, stdout } = await recorder.stop("SIGTERM");
    assert.equal(code, 0);
    assert.match(stdout, /^Recorded 0 events in recorded\/more\.jsonl$/m);
  });
});

for (
  const [args, message] of [
    [["--last", LOGIN], /^Expected no event beside --last or --recorded/],
    [["--keep-ids", LOGIN], /^--keep-ids belongs to --last and --recorded$/m],
    [["--last", "--kafka"], /^--kafka sends new events only/],
    [["--last"], /^No event is known: only \S*task dev knows the last one/],
    [["--recorded", "none.jsonl"], /^File none\.jsonl cannot be read: /],
  ] as const
) {
  Deno.test(`deno task send ${args.join(" ")} says what is wrong, and exits with 2`, async () => {
    await using folder = await tempFolder();
    const { code, stderr } = await run(tool("dev/send.ts", args), {
      env: freePorts(),
      cwd: folder.path,
    });
    assert.equal(code, 2);
    assert.match(stderr, message);
  });
}

for (
  const [args, code, message] of [
    [["../x"], 2, /^Name is "\.\.\/x": expected letters/],
    [["--events", "0"], 2, /^--events is "0"/],
    [["--nope"], 2, /--nope/],
    [[], 1, /^Nothing to record: start the service with/],
  ] as const
) {
  Deno.test(`deno task record ${args.join(" ")} says what is wrong, and exits with ${code}`, async () => {
    await using folder = await tempFolder();
    const ended = await run(tool("dev/record/main.ts", args), {
      env: freePorts(),
      cwd: folder.path,
    });
    assert.equal(ended.code, code);
    assert.match(ended.stderr, message);
  });
}
