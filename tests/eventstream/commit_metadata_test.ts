import assert from "node:assert/strict";
import fc from "fast-check";
import {
  decodeCommitMetadata,
  encodeCommitMetadata,
} from "../../lib/eventstream/commit_metadata.ts";

Deno.test("a commit's metadata says which topic its offset is of", () => {
  const identity = { clusterId: 'a"b', topicId: "0e4d" };
  assert.deepEqual(
    decodeCommitMetadata(encodeCommitMetadata(identity)),
    identity,
  );
});

Deno.test("metadata that others have written says nothing", () => {
  for (const text of [null, undefined, "", "NoMetadata", "{", "{}", "[1]"]) {
    assert.equal(decodeCommitMetadata(text), undefined);
  }
  for (const value of [{ clusterId: "a" }, { clusterId: 1, topicId: "b" }]) {
    assert.equal(decodeCommitMetadata(JSON.stringify(value)), undefined);
  }
  fc.assert(fc.property(fc.string(), (text) => {
    decodeCommitMetadata(text);
    decodeCommitMetadata(`{${text}`);
  }));
});
