import assert from "node:assert/strict";
import fc from "fast-check";
import {
  createLineWriter,
  LineDroppedError,
  type LineWriterOptions,
} from "../../lib/core/line_writer.ts";
import { fakeTime, settle } from "../_support/fake_time.ts";

const decoder = new TextDecoder();
const forever = new AbortController().signal;

/** A standard output in the hands of a test. */
class Output {
  readonly calls: string[] = [];
  /** Whether it takes nothing until told to. */
  isStuck = false;
  /** What it throws. */
  failure: Error | undefined;
  /** Bytes that it takes at once, at most. */
  most = Infinity;
  #waiting: (() => void)[] = [];

  get text(): string {
    return this.calls.join("");
  }

  get lines(): string[] {
    return this.text.trimEnd().split("\n");
  }

  flow(): void {
    this.isStuck = false;
    for (const each of this.#waiting.splice(0)) each();
  }

  take = async (bytes: Uint8Array): Promise<number> => {
    if (this.isStuck) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (this.failure !== undefined) throw this.failure;
    const taken = bytes.subarray(0, this.most);
    this.calls.push(decoder.decode(taken));
    return taken.length;
  };

  open(options: Partial<LineWriterOptions> = {}) {
    return createLineWriter({
      take: this.take,
      gapLine: (lines) => `${lines} missing\n`,
      ...options,
    });
  }
}

Deno.test("The lines of one turn are written at once, and those of the next together", async () => {
  using time = fakeTime();
  const output = new Output();
  await using writer = output.open();
  for (let i = 0; i < 3; i++) writer.write(`${i}\n`);
  assert.deepEqual(output.calls, []);
  assert.equal(time.pending, 1);
  await time.advance(0);
  assert.deepEqual(output.calls, ["0\n1\n2\n"]);
  await time.advance(10);
  assert.equal(time.pending, 0);
  writer.write("next turn\n");
  await time.advance(0);
  assert.equal(output.calls.length, 2);
});

Deno.test("Lines that come while others are on their way wait, and are written together", async () => {
  using time = fakeTime();
  const output = new Output();
  output.isStuck = true;
  await using writer = output.open();
  writer.write("first\n");
  await time.advance(0);
  for (let i = 0; i < 3; i++) {
    writer.write(`${i}\n`);
    await time.advance(10);
  }
  assert.deepEqual(output.calls, []);
  output.flow();
  await time.advance(10);
  assert.deepEqual(output.calls, ["first\n", "0\n1\n2\n"]);
});

Deno.test("Lines that follow others shortly are written together, and those that somebody waits for at once", async () => {
  using time = fakeTime();
  const output = new Output();
  await using writer = output.open({ linger: 10 });
  writer.write("first\n");
  await time.advance(0);
  for (let i = 0; i < 3; i++) {
    writer.write(`${i}\n`);
    await time.advance(3);
  }
  assert.deepEqual(output.calls, ["first\n"]);
  await time.advance(1);
  assert.deepEqual(output.calls, ["first\n", "0\n1\n2\n"]);
  writer.write("before\n");
  await writer.confirm("letter\n", forever);
  assert.equal(output.calls.at(-1), "before\nletter\n");
  const long = `${"x".repeat(32_768)}\n`;
  writer.write(long);
  await settle();
  assert.equal(output.calls.at(-1), long);
});

Deno.test("What is taken in pieces is written whole and in order", async () => {
  using time = fakeTime();
  const output = new Output();
  output.most = 7;
  await using writer = output.open();
  const lines = ["äöü", "x".repeat(100), "", "end"];
  for (const line of lines) writer.write(`${line}\n`);
  await time.advance(0);
  const bytes = new TextEncoder().encode(`${lines.join("\n")}\n`).length;
  assert.equal(output.calls.length, Math.ceil(bytes / 7));
});

Deno.test("With nobody who reads, the newest lines are dropped, and a line says how many where they would have been", async () => {
  using time = fakeTime();
  const output = new Output();
  output.isStuck = true;
  await using writer = output.open({ maxBytes: 10 });
  writer.write("first\n");
  await time.advance(0);
  for (const line of ["aaaa\n", "bbbb\n", "cccc\n", "d\n"]) writer.write(line);
  assert.equal(writer.dropped, 2);
  output.flow();
  await time.advance(10);
  writer.write("after\n");
  await time.advance(10);
  assert.deepEqual(output.lines, [
    "first",
    "aaaa",
    "bbbb",
    "2 missing",
    "after",
  ]);
  assert.equal(writer.dropped, 2);
});

Deno.test("A line that is longer than all room is dropped, and those around it are not", async () => {
  using time = fakeTime();
  const output = new Output();
  await using writer = output.open({ maxBytes: 10 });
  writer.write("a\n");
  writer.write(`${"long".repeat(10)}\n`);
  await time.advance(10);
  writer.write("b\n");
  await time.advance(10);
  assert.deepEqual(output.lines, ["a", "1 missing", "b"]);
});

Deno.test("The room is counted in bytes, whatever they are characters of", async () => {
  using time = fakeTime();
  const output = new Output();
  output.isStuck = true;
  await using writer = output.open({ maxBytes: 100_000 });
  writer.write("\n");
  await time.advance(0);
  for (let i = 0; i < 1_000; i++) writer.write(`${"€".repeat(333)}\n`);
  assert.equal(writer.dropped, 900);
  output.flow();
  await time.advance(10);
  assert.equal(output.lines.length, 1 + 100 + 1);
});

Deno.test("After a failure it waits, tries again with what came meanwhile, and ends what may have been cut", async () => {
  using time = fakeTime();
  const output = new Output();
  output.failure = new Deno.errors.BrokenPipe("Broken pipe");
  await using writer = output.open({ retryDelay: 1_000 });
  writer.write("one\n");
  await time.advance(0);
  assert.equal(writer.dropped, 1);
  output.failure = undefined;
  writer.write("two\n");
  await time.advance(999);
  assert.deepEqual(output.calls, []);
  await time.advance(1);
  assert.equal(output.text, "\n1 missing\ntwo\n");
  writer.write("three\n");
  await time.advance(10);
  assert.equal(output.text, "\n1 missing\ntwo\nthree\n");
});

Deno.test("After a failure that goes on, nothing is tried until there is a line", async () => {
  using time = fakeTime();
  const output = new Output();
  let tries = 0;
  await using writer = output.open({
    take: () => {
      tries++;
      return Promise.reject(new Error("Disk is full"));
    },
  });
  writer.write("one\n");
  await time.advance(60_000);
  assert.deepEqual([tries, time.pending], [1, 0]);
  writer.write("two\n");
  await time.advance(60_000);
  assert.deepEqual([tries, writer.dropped], [2, 2]);
});

Deno.test("confirm() resolves when the line is taken, not before", async () => {
  using time = fakeTime();
  const output = new Output();
  output.isStuck = true;
  await using writer = output.open();
  let isDone = false;
  const done = writer.confirm("line\n", forever).then(() => isDone = true);
  await time.advance(10);
  assert.equal(isDone, false);
  output.flow();
  await done;
  assert.equal(output.text, "line\n");
});

Deno.test("confirm() rejects when the line is not taken, has no room, or comes too late", async () => {
  using time = fakeTime();
  const output = new Output();
  const writer = output.open({ maxBytes: 10 });
  output.failure = new Error("Disk is full");
  const failed = assert.rejects(writer.confirm("a\n", forever), (error) => {
    assert.ok(error instanceof LineDroppedError);
    assert.equal(error.cause, output.failure);
    return true;
  });
  await time.advance(0);
  await failed;
  const room = writer.confirm("more than there is room for\n", forever);
  await assert.rejects(room, LineDroppedError);
  await writer[Symbol.asyncDispose]();
  await assert.rejects(writer.confirm("b\n", forever), LineDroppedError);
});

Deno.test("confirm() ends with its signal, also when nobody ever reads", async () => {
  using time = fakeTime();
  const output = new Output();
  output.isStuck = true;
  await using writer = output.open({ flushTime: 0 });
  const stop = new AbortController();
  const waiting = assert.rejects(writer.confirm("a\n", stop.signal), /enough/);
  await time.advance(10);
  stop.abort(new Error("enough"));
  await waiting;
  output.flow();
});

Deno.test("Disposing writes what is left, and waits for those who do not read no longer than it may", async () => {
  using time = fakeTime();
  const flowing = new Output();
  const writer = flowing.open();
  writer.write("last words\n");
  await writer[Symbol.asyncDispose]();
  assert.equal(flowing.text, "last words\n");
  assert.equal(time.pending, 0);

  const stuck = new Output();
  stuck.isStuck = true;
  const other = stuck.open({ flushTime: 1_000 });
  other.write("never\n");
  await time.advance(0);
  const waiting = assert.rejects(other.confirm("b\n", forever));
  let isDone = false;
  const disposed = other[Symbol.asyncDispose]().then(() => isDone = true);
  await time.advance(999);
  assert.equal(isDone, false);
  await time.advance(1);
  await disposed;
  await waiting;
  assert.equal(time.pending, 0);
});

Deno.test("Disposing in the pause after a failure tries what is left at once", async () => {
  using time = fakeTime();
  const output = new Output();
  output.failure = new Error("Disk is full");
  const writer = output.open();
  writer.write("one\n");
  await time.advance(0);
  writer.write("two\n");
  output.failure = undefined;
  await writer[Symbol.asyncDispose]();
  assert.deepEqual(output.lines, ["", "1 missing", "two"]);
});

/** What may happen to a standard output. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant("write" as const) },
  fc.constantFrom("stick", "flow", "fail", "mend", "wait"),
);

Deno.test("Whatever happens, each line is written once or counted as dropped, in order", async () => {
  await fc.assert(fc.asyncProperty(
    fc.array(step, { maxLength: 80 }),
    fc.integer({ min: 20, max: 200 }),
    async (steps, maxBytes) => {
      using time = fakeTime();
      const output = new Output();
      const writer = output.open({ maxBytes });
      let count = 0;
      const act = {
        write: () => writer.write(`line ${++count}\n`),
        stick: () => output.isStuck = true,
        flow: () => output.flow(),
        fail: () => output.failure = new Error("Disk is full"),
        mend: () => output.failure = undefined,
        wait: () => {},
      };
      for (const each of steps) {
        act[each]();
        await time.advance(each === "wait" ? 5_000 : 0);
      }
      act.mend();
      act.flow();
      await time.advance(5_000);
      act.write();
      await time.advance(5_000);
      await writer[Symbol.asyncDispose]();
      // The missing are where the lines would have been.
      let at = 0;
      let missing = 0;
      for (const line of output.lines.filter((each) => each !== "")) {
        const [, gap] = /^(\d+) missing$/.exec(line) ?? [];
        if (gap !== undefined) {
          at += Number(gap);
          missing += Number(gap);
        } else assert.equal(line, `line ${++at}`);
      }
      assert.equal(at, count);
      assert.equal(writer.dropped, missing);
    },
  ));
});
