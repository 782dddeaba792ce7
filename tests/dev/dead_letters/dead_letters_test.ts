import assert from "node:assert/strict";
import { join } from "node:path";
import { connect } from "../../../dev/event_client.ts";
import { findEvent, makeEvent } from "../../../dev/event_source.ts";
import { startService } from "../../../lib/service.ts";
import { on, RetryableError, TerminalError } from "../../../mod.ts";
import { testConfig } from "../../_support/config.ts";
import { recordLog } from "../../_support/log.ts";
import { type Ended, ROOT, run, tempFolder, tool } from "../_run.ts";

const TYPE = "userAuthentication.userLoggedIn";
const PROTO_FOLDER = join(ROOT, "proto");

/** A service whose handler fails as long as a test says so. */
interface World extends AsyncDisposable {
  /** What the handler throws for an event; nothing: it handles it. */
  failure: (id: string) => Error | undefined;
  /** Ids of the events that were handled, in order. */
  readonly handled: string[];
  /** The file of letters. */
  readonly path: string;
  /** Sends an event; resolves with the answer's status. */
  send(id: string): Promise<string>;
  /** Runs `deno task dead-letters`. */
  tool(...args: readonly string[]): Promise<Ended>;
}

async function startWorld(): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const path = join(folder.path, "dead-letters", "letters.jsonl");
  const handled: string[] = [];
  let failure: World["failure"] = () => new TerminalError("Item is gone");
  const service = stack.use(
    await startService({
      config: testConfig({ deadLetter: `file:${path}` }),
      handlers: [on(TYPE, ({ id }) => {
        const error = failure(id);
        if (error !== undefined) throw error;
        handled.push(id);
      })],
      protoFolder: PROTO_FOLDER,
      log: recordLog(),
    }),
  );
  const address = `localhost:${service.portOf("grpc")}`;
  const client = stack.use(connect(address));
  const event = findEvent(PROTO_FOLDER, TYPE);
  const all = stack.move();
  return {
    handled,
    path,
    get failure() {
      return failure;
    },
    set failure(fail) {
      failure = fail;
    },
    async send(id) {
      const { bytes } = makeEvent(event, {
        namespace: "test-namespace",
        json: undefined,
        sets: [`id=${id}`],
        isOneOfMany: false,
      });
      return (await client.send(event.path, bytes, 10_000)).status;
    },
    tool: (command, ...args) =>
      run(
        tool("dev/dead_letters.ts", [
          command ?? "",
          "--file",
          path,
          ...command === "replay" ? ["--address", address] : [],
          ...args,
        ]),
        { cwd: folder.path },
      ),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

Deno.test("Letters are listed, replayed once their cause is mended, and purged", async () => {
  await using world = await startWorld();
  for (const id of ["one", "two"]) {
    assert.equal(await world.send(id), "INVALID_ARGUMENT");
  }
  const before = await world.tool("list");
  assert.equal(before.code, 0, before.stderr);
  assert.match(before.stdout, /userAuthentication\.userLoggedIn {2}one\n/);
  assert.match(before.stdout, /rejected \(bad_event\), tried once/);
  assert.match(before.stdout, /TerminalError: Item is gone/);
  assert.match(before.stdout, /2 events, 0 replayed before/);

  const early = await world.tool("replay");
  assert.equal(early.code, 1);
  assert.match(early.stdout, /INVALID_ARGUMENT: 2 \(Event cannot be handled/);
  // Those that failed again have a second letter, and count as one event.
  assert.match(
    (await world.tool("list")).stdout,
    /2 dead letters[^]*2 events, 0 replayed/,
  );

  world.failure = () => undefined;
  const replay = await world.tool("replay");
  assert.deepEqual([replay.code, replay.stdout], [0, "OK: 2\n"]);
  assert.deepEqual(world.handled.toSorted(), ["one", "two"]);
  assert.match(
    (await world.tool("list")).stdout,
    /^0 events, 2 replayed before\n$/,
  );
  assert.equal(
    (await world.tool("replay")).stdout,
    "No dead letters to replay\n",
  );
  assert.equal(world.handled.length, 2, "nothing is sent a second time");

  const purge = await world.tool("purge");
  assert.deepEqual([purge.code, purge.stdout], [0, "4 dead letters removed\n"]);
  assert.equal((await world.tool("list")).code, 2, "no letters are left");

  // The service notices that its file is gone.
  world.failure = () => new TerminalError("Item is gone again");
  await world.send("three");
  assert.match((await world.tool("list")).stdout, /three[^]*1 event,/);
});

Deno.test("Letters are chosen by type, id and outcome, and printed whole as JSON lines", async () => {
  await using world = await startWorld();
  await world.send("one");
  await world.send("two");
  const { stdout } = await world.tool("list", "--id", "two", "--json");
  const letter = JSON.parse(stdout);
  assert.equal(letter.event.id, "two");
  assert.equal(letter.event.data.namespace, "test-namespace");
  for (
    const args of [
      ["--type", "userAuthentication.userLoggedOut"],
      ["--outcome", "exhausted"],
    ]
  ) {
    assert.match((await world.tool("list", ...args)).stdout, /^0 events/);
  }
  world.failure = () => undefined;
  await world.tool("replay", "--id", "one");
  assert.deepEqual(world.handled, ["one"]);
});

Deno.test("A letter whose event fails again stays, and does not stop the others", async () => {
  await using world = await startWorld();
  for (const id of ["one", "two", "three"]) await world.send(id);
  world.failure = (id) =>
    id === "two" ? new RetryableError("not yet") : undefined;
  const { code, stdout } = await world.tool("replay");
  assert.equal(code, 1);
  assert.match(stdout, /^OK: 2$/m);
  assert.match(stdout, /^UNAVAILABLE: 1 \(Event was not handled/m);
  const left = await world.tool("list");
  assert.match(left.stdout, /two\n[^]*1 event, 2 replayed before/);
  const purge = await world.tool("purge");
  assert.equal(purge.stdout, "2 dead letters removed\n");
  const { stdout: kept } = await world.tool("list", "--json");
  assert.equal(JSON.parse(kept).event.id, "two");
  assert.equal(
    (await world.tool("purge", "--all")).stdout,
    "1 dead letter removed\n",
  );
});

Deno.test("Lines that are no letters are named, kept by a purge, and in nobody's way", async () => {
  await using world = await startWorld();
  await world.send("one");
  await Deno.writeTextFile(world.path, '{"half":\n', { append: true });
  const { code, stdout, stderr } = await world.tool("list");
  assert.equal(code, 0);
  assert.match(stdout, /1 event,/);
  assert.match(stderr, /letters\.jsonl:2: Line is not JSON/);
  await world.tool("purge", "--all");
  assert.match((await world.tool("list")).stderr, /:1: Line is not JSON/);
});

Deno.test("Letters elsewhere are listed, and not changed", async () => {
  await using world = await startWorld();
  await world.send("one");
  await using elsewhere = await tempFolder();
  const file = join(elsewhere.path, "letters.jsonl");
  await Deno.copyFile(world.path, file);
  const listed = await world.tool("list", "--file", file);
  assert.match(listed.stdout, /1 event,/);
  const { code, stderr } = await world.tool("purge", "--all", "--file", file);
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^Requires write access to .*: expected dead letters below /,
  );
  assert.doesNotMatch(stderr, /\n\s+at /);
  assert.match((await world.tool("list", "--file", file)).stdout, /1 event,/);
});

Deno.test("Words that make no sense are refused with code 2, and --help helps", async () => {
  await using folder = await tempFolder();
  const dead = (...args: string[]) =>
    run(tool("dev/dead_letters.ts", args), { cwd: folder.path });
  for (
    const [args, message] of [
      [[], /Expected list, replay or purge/],
      [["toString"], /Expected list, replay or purge/],
      [["list"], /No dead letters at dead-letters\/letters\.jsonl/],
      [["list", "--file", "none.jsonl"], /No dead letters at none\.jsonl/],
      [["list", "--colour"], /colour/],
      [["replay", "--timeout", "soon"], /--timeout is "soon"/],
    ] as const
  ) {
    const { code, stderr } = await dead(...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }
  const inLog = await run(tool("dev/dead_letters.ts", ["list"]), {
    cwd: folder.path,
    env: { DEAD_LETTER: "log" },
  });
  assert.equal(inLog.code, 2);
  assert.match(inLog.stderr, /DEAD_LETTER names no file/);
  const help = await dead("--help");
  assert.equal(help.code, 0);
  assert.match(help.stdout, /list\|replay\|purge/);
});
