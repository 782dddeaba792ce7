import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { LOG_CATEGORIES, LOG_LEVELS } from "../../lib/config/log_levels.ts";
import { type LoggingOptions, startLogging } from "../../lib/telemetry/log.ts";
import { fakeTime, settle } from "../_support/fake_time.ts";
import { type Ended, run } from "../_support/process.ts";

/** Lines that are kept until they are written, at most. */
const MAX_PENDING = 512;

function record(): {
  readonly writes: string[];
  readonly write: (lines: string) => void;
} {
  const writes: string[] = [];
  return { writes, write: (lines) => void writes.push(lines) };
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

Deno.test("The logger writes each record with its level, message and fields", () => {
  const { writes, write } = record();
  {
    using logging = startLogging({ level: "debug", format: "json", write });
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

Deno.test("The logger writes nothing below its level", () => {
  const levels = ["debug", "info", "warn", "error"] as const;
  for (const [index, level] of levels.entries()) {
    const { writes, write } = record();
    {
      using logging = startLogging({ level, format: "json", write });
      for (const each of levels) logging.log[each](each);
    }
    assert.deepEqual(
      parse(writes.join("")).map(({ message }) => message),
      levels.slice(index),
    );
  }
});

Deno.test("with() adds fields to every record, and leaves the logger it came from alone", () => {
  const { writes, write } = record();
  {
    using logging = startLogging({ level: "info", format: "json", write });
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

Deno.test("Each category has a level of its own, and says its name", () => {
  const { writes, write } = record();
  {
    using logging = startLogging({
      level: "warn,events=info,handlers=debug",
      format: "json",
      write,
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
    'using logging = startLogging({ level: "info", format: "auto" });\n' +
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

Deno.test("The logger writes readable lines when told to", () => {
  const { writes, write } = record();
  {
    using logging = startLogging({ level: "info", format: "pretty", write });
    logging.log.info("Event handled", { id: 1 });
  }
  assert.match(writes.join(""), /Event handled/);
  assert.throws(() => JSON.parse(writes.join("")));
});

Deno.test("The logger writes the lines of one turn at once", async () => {
  using time = fakeTime();
  const { writes, write } = record();
  using logging = startLogging({ level: "info", format: "json", write });
  for (let i = 0; i < 10; i++) logging.log.info(`line ${i}`);
  assert.equal(writes.length, 0);
  assert.equal(time.pending, 1);
  await time.advance(0);
  assert.equal(writes.length, 1);
  assert.equal(parse(writes[0] ?? "").length, 10);
  assert.equal(time.pending, 0);
  logging.log.info("next turn");
  await time.advance(0);
  assert.equal(writes.length, 2);
});

Deno.test("The logger keeps a bounded number of lines, in order", async () => {
  using time = fakeTime();
  const { writes, write } = record();
  using logging = startLogging({ level: "info", format: "json", write });
  for (let i = 0; i < MAX_PENDING - 1; i++) logging.log.info(`${i}`);
  assert.equal(writes.length, 0);
  logging.log.info(`${MAX_PENDING - 1}`);
  assert.equal(writes.length, 1);
  assert.equal(time.pending, 0);
  for (let i = MAX_PENDING; i < 3 * MAX_PENDING + 1; i++) {
    logging.log.info(`${i}`);
  }
  assert.equal(writes.length, 3);
  await time.advance(0);
  assert.deepEqual(
    parse(writes.join("")).map(({ message }) => message),
    Array.from({ length: 3 * MAX_PENDING + 1 }, (_, i) => `${i}`),
  );
});

Deno.test("Disposing writes what is left, and leaves no timer", () => {
  using time = fakeTime();
  const { writes, write } = record();
  const logging = startLogging({ level: "info", format: "json", write });
  logging.log.info("last words");
  logging[Symbol.dispose]();
  assert.equal(parse(writes.join(""))[0]?.message, "last words");
  assert.equal(time.pending, 0);
  logging.log.info("too late");
  assert.equal(time.pending, 0);
  assert.equal(writes.length, 1);
});

Deno.test("Disposing writes nothing when nothing is left", () => {
  const { writes, write } = record();
  startLogging({ level: "info", format: "json", write })[Symbol.dispose]();
  assert.deepEqual(writes, []);
});

Deno.test("The logger survives that nobody takes its lines", async () => {
  using time = fakeTime();
  const lines: string[] = [];
  let isBroken = true;
  const write: LoggingOptions["write"] = (text) => {
    if (isBroken) throw new Deno.errors.BrokenPipe("Broken pipe");
    lines.push(text);
  };
  {
    using logging = startLogging({ level: "info", format: "json", write });
    logging.log.info("lost");
    await time.advance(0);
    for (let i = 0; i < MAX_PENDING; i++) logging.log.info("lost");
    isBroken = false;
    logging.log.info("kept");
    await time.advance(0);
    isBroken = true;
    logging.log.info("lost");
  }
  await settle();
  assert.deepEqual(parse(lines.join("")).map(({ message }) => message), [
    "kept",
  ]);
});

Deno.test("No field a caller can give makes the logger throw or lose the record", () => {
  const { writes, write } = record();
  {
    using logging = startLogging({ level: "info", format: "json", write });
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
    using logging = startLogging({ level: "info", format: "json" });
    for (let i = 0; i < 3000; i++) logging.log.info("ü".repeat(100), { i });
  `);
  assert.equal(code, 0);
  assert.deepEqual(parse(stdout).map(({ i }) => i), [...Array(3000).keys()]);
  assert.equal(parse(stdout)[2999]?.message, "ü".repeat(100));
});

Deno.test({
  name: "A standard output that is full does not end the process",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { code } = await runScript(`
      // /dev/full refuses every byte.
      const full = Deno.openSync("/dev/full", { write: true });
      Deno.stdout.writeSync = (bytes) => full.writeSync(bytes);
      using logging = startLogging({ level: "info", format: "json" });
      logging.log.info("lost");
      await new Promise((resolve) => setTimeout(resolve, 5));
      Deno.exitCode = 7;
    `);
    assert.equal(code, 7);
  },
});
