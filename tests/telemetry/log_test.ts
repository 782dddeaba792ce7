import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { LineDroppedError } from "../../lib/core/line_writer.ts";
import { LOG_CATEGORIES, LOG_LEVELS } from "../../lib/config/log_levels.ts";
import { startLogging } from "../../lib/telemetry/log.ts";
import { fakeTime } from "../_support/fake_time.ts";
import { type Ended, run } from "../_support/process.ts";

const decoder = new TextDecoder();

function record(): {
  readonly writes: string[];
  readonly take: (bytes: Uint8Array) => Promise<number>;
} {
  const writes: string[] = [];
  return {
    writes,
    take(bytes) {
      writes.push(decoder.decode(bytes));
      return Promise.resolve(bytes.length);
    },
  };
}

function parse(text: string): Record<string, unknown>[] {
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** Runs code that logs in a process of its own. */
function runScript(code: string): Promise<Ended> {
  const module = new URL("../../lib/telemetry/log.ts", import.meta.url);
  return run(Deno.execPath(), {
    args: [
      "eval",
      "--no-lock",
      `import { startLogging } from "${module}";\n${code}`,
    ],
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
  });
}

Deno.test("The logger writes each record with its level, message and fields", async () => {
  const { writes, take } = record();
  {
    await using logging = startLogging({
      level: "debug",
      format: "json",
      take,
    });
    const { log } = logging;
    log.debug("d", { n: 1 });
    log.info("i");
    log.warn("w");
    log.error("e", { error: "boom" });
  }
  const lines = parse(writes.join(""))
    .map(({ time: _time, logCategory: _category, ...line }) => line);
  assert.deepEqual(lines, [
    { level: "debug", message: "d", n: 1 },
    { level: "info", message: "i" },
    { level: "warn", message: "w" },
    { level: "error", message: "e", error: "boom" },
  ]);
});

Deno.test("The logger writes nothing below its level", async () => {
  const levels = ["debug", "info", "warn", "error"] as const;
  for (const [index, level] of levels.entries()) {
    const { writes, take } = record();
    {
      await using logging = startLogging({ level, format: "json", take });
      for (const each of levels) logging.log[each](each);
    }
    assert.deepEqual(
      parse(writes.join("")).map(({ message }) => message),
      levels.slice(index),
    );
  }
});

Deno.test("with() adds fields to every record, and leaves the logger it came from alone", async () => {
  const { writes, take } = record();
  {
    await using logging = startLogging({ level: "info", format: "json", take });
    const log = logging.log.with({ eventId: "1", a: 1 });
    log.info("one", { b: 2 });
    log.with({ a: 3 }).info("two");
    log.info("three", { a: 4 });
    logging.log.info("four");
  }
  const lines = parse(writes.join(""))
    .map(({ time: _time, level: _level, logCategory: _category, ...line }) =>
      line
    );
  assert.deepEqual(lines, [
    { message: "one", eventId: "1", a: 1, b: 2 },
    { message: "two", eventId: "1", a: 3 },
    { message: "three", eventId: "1", a: 4 },
    { message: "four" },
  ]);
});

Deno.test("Each category has a level of its own, and says its name", async () => {
  const { writes, take } = record();
  {
    await using logging = startLogging({
      level: "warn,events=info,handlers=debug",
      format: "json",
      take,
    });
    for (const category of LOG_CATEGORIES) {
      const log = logging.logs[category];
      for (const level of LOG_LEVELS) log[level](level);
    }
  }
  const written = Map.groupBy(
    parse(writes.join("")),
    ({ logCategory }) => logCategory,
  );
  const levelsOf = (category: string) =>
    written.get(category)?.map(({ level }) => level);
  assert.deepEqual(levelsOf("service"), ["warn", "error"]);
  assert.deepEqual(levelsOf("ags"), ["warn", "error"]);
  assert.deepEqual(levelsOf("events"), ["info", "warn", "error"]);
  assert.deepEqual(levelsOf("handlers"), ["debug", "info", "warn", "error"]);
});

Deno.test("Logs are JSON lines where nobody looks, unless told otherwise", async () => {
  const { stdout } = await runScript(
    'await using logging = startLogging({ level: "info", format: "auto" });\n' +
      'logging.log.info("hello");',
  );
  assert.equal(JSON.parse(stdout).message, "hello");
});

Deno.test("startLogging() refuses a level that is none", () => {
  assert.throws(
    () => startLogging({ level: "loud", format: "json" }),
    /Log level is "loud"/,
  );
});

Deno.test("The logger writes readable lines when told to", async () => {
  const { writes, take } = record();
  {
    await using logging = startLogging({
      level: "info",
      format: "pretty",
      take,
    });
    logging.log.info("Event handled", { id: 1 });
  }
  assert.match(writes.join(""), /Event handled/);
  assert.throws(() => JSON.parse(writes.join("")));
});

Deno.test("Disposing writes what is left, and leaves no timer", async () => {
  using time = fakeTime();
  const { writes, take } = record();
  const logging = startLogging({ level: "info", format: "json", take });
  logging.log.info("last words");
  await logging[Symbol.asyncDispose]();
  assert.equal(parse(writes.join(""))[0]?.message, "last words");
  assert.equal(time.pending, 0);
  logging.log.info("too late");
  assert.equal(time.pending, 0);
  assert.equal(writes.length, 1);
});

Deno.test("Disposing writes nothing when nothing is left", async () => {
  const { writes, take } = record();
  const logging = startLogging({ level: "info", format: "json", take });
  await logging[Symbol.asyncDispose]();
  assert.deepEqual(writes, []);
});

Deno.test("The logger survives that nobody takes its lines, and then says how many are missing", async () => {
  using time = fakeTime();
  const { writes, take } = record();
  let isBroken = true;
  await using logging = startLogging({
    level: "info",
    format: "json",
    take: (bytes) =>
      isBroken
        ? Promise.reject(new Deno.errors.BrokenPipe("Broken pipe"))
        : take(bytes),
  });
  for (let i = 0; i < 3; i++) logging.log.info("lost");
  await time.advance(0);
  isBroken = false;
  logging.log.info("kept");
  await time.advance(1_000);
  // An empty line ends what may have been cut.
  const [empty, ...lines] = writes.join("").split("\n");
  assert.equal(empty, "");
  assert.deepEqual(
    parse(lines.join("\n")).map(({ level, logCategory, message, lines }) => [
      level,
      logCategory,
      message,
      lines,
    ]),
    [
      ["warn", "service", "Log lines were dropped", 3],
      ["info", "service", "kept", undefined],
    ],
  );
  assert.equal(logging.output.dropped, 3);
});

Deno.test("confirm() writes a record at error whatever the level, and rejects when nobody takes it", async () => {
  const { writes, take } = record();
  let isBroken = false;
  await using logging = startLogging({
    level: "error,dead_letters=error",
    format: "json",
    take: (bytes) => isBroken ? Promise.reject(new Error("full")) : take(bytes),
  });
  const signal = new AbortController().signal;
  const fields = { eventId: "1", clientSecret: "hush" };
  await logging.confirm("dead_letters", "Event is a dead letter", {
    fields,
    signal,
  });
  const [line] = parse(writes.join(""));
  assert.deepEqual(
    [line?.level, line?.logCategory, line?.eventId, line?.clientSecret],
    ["error", "dead_letters", "1", "[redacted]"],
  );
  isBroken = true;
  await assert.rejects(
    logging.confirm("dead_letters", "Event is a dead letter", {
      fields,
      signal,
    }),
    LineDroppedError,
  );
});

Deno.test("No field a caller can give makes the logger throw or lose the record", async () => {
  const { writes, take } = record();
  {
    await using logging = startLogging({ level: "info", format: "json", take });
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const fields: Record<string, unknown> = {
      circle,
      bigint: 1n,
      symbol: Symbol("s"),
      bare: Object.create(null),
      throwing: {
        toJSON: () => {
          throw new Error("boom");
        },
      },
    };
    for (const [name, value] of Object.entries(fields)) {
      logging.log.info(`{${name}} {value}`, { name, value, [name]: value });
    }
  }
  assert.deepEqual(
    parse(writes.join("")).map(({ name, message }) => [name, message]),
    ["circle", "bigint", "symbol", "bare", "throwing"]
      .map((name) => [name, `{${name}} {value}`]),
  );
});

Deno.test("The logger writes whole lines to standard output by default", async () => {
  const { code, stdout } = await runScript(`
    await using logging = startLogging({ level: "info", format: "json" });
    for (let i = 0; i < 3000; i++) logging.log.info("ü".repeat(100), { i });
  `);
  assert.equal(code, 0);
  assert.deepEqual(parse(stdout).map(({ i }) => i), [...Array(3000).keys()]);
  assert.equal(parse(stdout)[2999]?.message, "ü".repeat(100));
});
