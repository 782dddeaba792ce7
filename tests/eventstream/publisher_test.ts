import assert from "node:assert/strict";
import {
  DeliveryError,
  DeliveryTimeoutError,
  MessageTooLargeError,
  QueueFullError,
  StreamClosedError,
} from "../../lib/eventstream/errors.ts";
import {
  type Partition,
  safeObserver,
} from "../../lib/eventstream/observer.ts";
import { partitionOf } from "../../lib/eventstream/partitioner.ts";
import { PortError, type ProducerPort } from "../../lib/eventstream/port.ts";
import {
  createPublisher,
  type PublisherOptions,
} from "../../lib/eventstream/publisher.ts";
import type { OutgoingRecord } from "../../lib/eventstream/record.ts";
import { recordLog } from "../_support/log.ts";

interface Sent extends Partition {
  readonly values: readonly string[];
  readonly settle: (error?: PortError) => void;
}

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const RETRYABLE = new PortError("Leader is gone", { retryable: true });

function message(value: string, key = "k"): OutgoingRecord {
  const encoder = new TextEncoder();
  return { key: encoder.encode(key), value: encoder.encode(value) };
}

/** A key that goes to a partition of two. */
function keyFor(partition: number): string {
  for (let index = 0;; index++) {
    const key = `k${index}`;
    if (partitionOf(new TextEncoder().encode(key), 2) === partition) return key;
  }
}

function start(
  options: Partial<PublisherOptions> & {
    readonly port?: Partial<ProducerPort>;
    /** Whether batches wait for the test to settle them. */
    readonly isHeld?: boolean;
  } = {},
) {
  const sent: Sent[] = [];
  const waiters: (() => void)[] = [];
  let isClosed = false;
  const log = recordLog();
  const port: ProducerPort = {
    partitions: () => Promise.resolve(2),
    send({ topic, partition }, records) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      sent.push({
        topic,
        partition,
        values: records.map(({ value }) => text(value)),
        settle: (error) => error === undefined ? resolve() : reject(error),
      });
      if (options.isHeld !== true) resolve();
      waiters.splice(0).forEach((tell) => tell());
      return promise;
    },
    close() {
      isClosed = true;
      for (const { settle } of sent) settle(RETRYABLE);
      return Promise.resolve();
    },
    ...options.port,
  };
  const publisher = createPublisher({
    producer: () => Promise.resolve(port),
    timeout: 60_000,
    maxQueued: 100,
    maxQueuedBytes: 100_000,
    maxBatchBytes: 10_000,
    observer: safeObserver(),
    log,
    ...options,
  });
  return {
    publisher,
    sent,
    log,
    isClosed: () => isClosed,
    /** Waits until so many batches were sent. */
    async batches(count: number) {
      while (sent.length < count) {
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    },
  };
}

Deno.test("what is published in one turn is sent together, in order", async () => {
  const { publisher, sent } = start();
  for (const value of ["a", "b", "c"]) publisher.enqueue("t", message(value));
  await publisher.close(1_000);
  assert.deepEqual(sent.map(({ values }) => values), [["a", "b", "c"]]);
});

Deno.test("a partition has one batch on its way, and the others do not wait for it", async () => {
  const { publisher, sent, batches } = start({ isHeld: true });
  const [stuck, free] = [keyFor(0), keyFor(1)];
  publisher.enqueue("t", message("a", stuck));
  await batches(1);
  publisher.enqueue("t", message("b", stuck));
  publisher.enqueue("t", message("c", stuck));
  publisher.enqueue("t", message("x", free));
  publisher.enqueue("other", message("y", stuck));
  await batches(3);
  assert.deepEqual(
    sent.map(({ topic, values }) => [topic, ...values]).sort(),
    [["other", "y"], ["t", "a"], ["t", "x"]],
  );
  sent[0]?.settle();
  await batches(4);
  assert.deepEqual(sent[3]?.values, ["b", "c"]);
  sent.forEach(({ settle }) => settle());
  await publisher.close(1_000);
});

Deno.test("a batch has a bound of bytes, which one message may exceed", async () => {
  const { publisher, sent } = start({ maxBatchBytes: 1_000 });
  const sizes = [400, 400, 400, 2_000, 10];
  for (const size of sizes) publisher.enqueue("t", message("x".repeat(size)));
  await publisher.close(1_000);
  assert.deepEqual(
    sent.map(({ values }) => values.map(({ length }) => length)),
    [[400, 400], [400], [2_000], [10]],
  );
});

Deno.test("a batch that failed is sent again before what follows", async () => {
  const { publisher, sent, batches } = start({ isHeld: true });
  publisher.enqueue("t", message("a"));
  await batches(1);
  publisher.enqueue("t", message("b"));
  sent[0]?.settle(RETRYABLE);
  await batches(2);
  assert.deepEqual(sent[1]?.values, ["a"]);
  sent[1]?.settle();
  await batches(3);
  assert.deepEqual(sent[2]?.values, ["b"]);
  sent[2]?.settle();
  await publisher.close(1_000);
});

Deno.test("a message that the broker refuses is rejected, and logged without its content", async () => {
  const { publisher, log } = start({
    port: {
      send: () =>
        Promise.reject(new PortError("Too large", { retryable: false })),
    },
  });
  const error = await publisher.send("t", message("secret content"))
    .then(() => undefined, (error: unknown) => error);
  assert.ok(error instanceof DeliveryError);
  assert.ok(error.cause instanceof PortError);
  assert.equal(log.lines[0]?.level, "error");
  assert.doesNotMatch(JSON.stringify(log.lines), /secret content/);
  await publisher.close(0);
});

Deno.test("a message that is not confirmed in time is rejected", async () => {
  const { publisher } = start({ isHeld: true });
  await assert.rejects(
    publisher.send("t", message("a"), { timeout: 5 }),
    DeliveryTimeoutError,
  );
  await publisher.close(0);
});

Deno.test("a topic that is never found is given up in time", async () => {
  const { publisher } = start({
    timeout: 20,
    port: { partitions: () => Promise.reject(RETRYABLE) },
  });
  await assert.rejects(publisher.send("t", message("a")), DeliveryTimeoutError);
  await publisher.close(0);
});

Deno.test("messages that wait for their topic keep their order", async () => {
  const counted = Promise.withResolvers<number>();
  const { publisher, sent } = start({
    port: { partitions: () => counted.promise },
  });
  publisher.enqueue("t", message("a"));
  publisher.enqueue("t", message("b"));
  counted.resolve(2);
  await publisher.close(1_000);
  assert.deepEqual(sent.flatMap(({ values }) => values), ["a", "b"]);
});

Deno.test("who waits no longer is told why", async () => {
  const { publisher } = start({ isHeld: true });
  const controller = new AbortController();
  const reason = new Error("Enough");
  const waiting = publisher.send("t", message("a"), {
    signal: controller.signal,
  });
  controller.abort(reason);
  await assert.rejects(waiting, reason);
  await assert.rejects(
    publisher.send("t", message("b"), { signal: controller.signal }),
    reason,
  );
  await publisher.close(0);
});

Deno.test("a full queue refuses, by number and by bytes, and takes again when it is not", async () => {
  const { publisher, sent, batches } = start({ isHeld: true, maxQueued: 2 });
  publisher.enqueue("t", message("a"));
  publisher.enqueue("t", message("b"));
  assert.throws(() => publisher.enqueue("t", message("c")), QueueFullError);
  await assert.rejects(publisher.send("t", message("c")), QueueFullError);
  await batches(1);
  sent[0]?.settle();
  await new Promise((resolve) => setTimeout(resolve));
  publisher.enqueue("t", message("c"));
  await publisher.close(0);
  const small = start({ maxQueuedBytes: 1_000 }).publisher;
  small.enqueue("t", message("x".repeat(500)));
  assert.throws(
    () => small.enqueue("t", message("x".repeat(500))),
    QueueFullError,
  );
  // That would be so for ever.
  assert.throws(
    () => small.enqueue("t", message("x".repeat(1_000))),
    MessageTooLargeError,
  );
  await small.close(0);
});

Deno.test("a message that a broker never takes fails alone: those that were sent with it arrive, in order", async () => {
  const { publisher, sent, batches } = start({ isHeld: true });
  const values = ["a", "b", "bad", "c", "d"];
  const results = Promise.all(
    values.map((value) =>
      publisher.send("t", message(value)).then(() => "sent", () => "failed")
    ),
  );
  const arrived: string[] = [];
  for (let count = 1; count <= 7; count++) {
    await batches(count);
    const batch = sent[count - 1];
    if (batch?.values.includes("bad")) {
      batch.settle(
        new PortError("Too large", {
          retryable: false,
          code: "MESSAGE_TOO_LARGE",
        }),
      );
    } else {
      arrived.push(...batch?.values ?? []);
      batch?.settle();
    }
    if (arrived.length === 4) break;
  }
  assert.deepEqual(arrived, ["a", "b", "c", "d"]);
  assert.deepEqual(
    await results,
    values.map((value) => value === "bad" ? "failed" : "sent"),
  );
  await publisher.close(0);
});

Deno.test("a compressed message is sent alone", async () => {
  const { publisher, sent } = start();
  const done = ["a", "b", "c", "d"].map((value) =>
    publisher.send("t", message(value), { compress: value === "b" })
  );
  await Promise.all(done);
  assert.deepEqual(sent.map(({ values }) => values), [["a"], ["b"], [
    "c",
    "d",
  ]]);
  await publisher.close(0);
});

Deno.test("closing gives up what is not confirmed in time, and takes nothing more", async () => {
  const { publisher, log, isClosed } = start({ isHeld: true });
  const waiting = assert.rejects(
    publisher.send("t", message("a")),
    DeliveryError,
  );
  publisher.enqueue("t", message("b"));
  await publisher.close(5);
  await waiting;
  assert.ok(isClosed());
  const given = log.lines.reduce(
    (sum, { fields }) => sum + Number(fields["count"]),
    0,
  );
  assert.equal(given, 2);
  assert.throws(() => publisher.enqueue("t", message("c")), StreamClosedError);
});

Deno.test("closing without having sent anything connects to nothing", async () => {
  let made = 0;
  const { publisher } = start({
    producer: () => {
      made++;
      return Promise.reject(new Error("No producer is wanted"));
    },
  });
  await publisher.close(1_000);
  assert.equal(made, 0);
});
