import assert from "node:assert/strict";
import { nearest } from "../../lib/core/nearest.ts";

Deno.test("nearest() finds the candidate with the fewest wrong letters", () => {
  assert.equal(nearest("helo", ["help", "hello", "shell"]), "help");
  assert.equal(nearest("hllo", ["help", "hello", "shell"]), "hello");
});

Deno.test("nearest() does not care about case, and answers in the candidate's", () => {
  assert.equal(nearest("HELLO", ["Hello", "hallo"]), "Hello");
});

Deno.test("nearest() finds nothing when half of the letters are wrong", () => {
  assert.equal(nearest("abcd", ["abxy"]), undefined);
  assert.equal(nearest("abcd", ["abcx"]), "abcx");
});

Deno.test("nearest() finds nothing among no candidates, or for no word", () => {
  assert.equal(nearest("hello", []), undefined);
  assert.equal(nearest("", ["a"]), undefined);
});
