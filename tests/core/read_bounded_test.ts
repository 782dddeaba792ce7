import assert from "node:assert/strict";
import fc from "fast-check";
import { readBounded } from "../../lib/core/read_bounded.ts";

/** A body that comes in pieces; says whether somebody wants no more of it. */
function bodyOf(pieces: readonly Uint8Array[]) {
  const left = [...pieces];
  const state = { isCancelled: false };
  const body = new ReadableStream<Uint8Array>({
    type: "bytes",
    pull(controller) {
      const piece = left.shift();
      if (piece === undefined) {
        controller.close();
        (controller as ReadableByteStreamController).byobRequest?.respond(0);
      } else controller.enqueue(piece.slice());
    },
    cancel() {
      state.isCancelled = true;
    },
  });
  return { body, state };
}

Deno.test("readBounded() gives all bytes, in whatever pieces they come, or nothing of too many", async () => {
  const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), {
    maxLength: 20,
  });
  await fc.assert(fc.asyncProperty(
    pieces,
    fc.nat(300),
    fc.nat(100),
    async (pieces, maxBytes, likelyBytes) => {
      const all = pieces.flatMap((piece) => [...piece]);
      const { body, state } = bodyOf(pieces);
      let larges = 0;
      const onLarge = () => {
        larges++;
        return Promise.resolve();
      };
      const bytes = await readBounded(body, maxBytes, { likelyBytes, onLarge });
      const isTooLong = all.length > maxBytes;
      assert.deepEqual(bytes && [...bytes], isTooLong ? undefined : all);
      assert.equal(state.isCancelled, isTooLong);
      assert.ok(larges <= 1);
      if (!isTooLong) assert.equal(larges === 1, all.length > likelyBytes);
    },
  ));
});

Deno.test("readBounded() gives up what fails, and says why", async () => {
  const reason = new Error("broken");
  const broken = new ReadableStream<Uint8Array>({
    type: "bytes",
    pull: () => Promise.reject(reason),
  });
  await assert.rejects(readBounded(broken, 10), reason);
  const { body, state } = bodyOf([new Uint8Array(8), new Uint8Array(8)]);
  await assert.rejects(
    readBounded(body, 100, {
      likelyBytes: 4,
      onLarge: () => Promise.reject(reason),
    }),
    reason,
  );
  assert.equal(state.isCancelled, true);
});
