import assert from "node:assert/strict";
import { format, inspect } from "node:util";
import { Secret, withoutSecrets } from "../../lib/config/secret.ts";

const VALUE = "hush-hush";

Deno.test("Secret reveals its value to whoever asks for it", () => {
  assert.equal(new Secret(VALUE).reveal(), VALUE);
});

Deno.test("Secret shows as [secret] where a value is printed", () => {
  const secret = new Secret(VALUE);
  assert.equal(`${secret}`, "[secret]");
  assert.equal("" + secret, "[secret]");
  assert.equal(String([secret]), "[secret]");
  assert.equal(JSON.stringify({ secret }), '{"secret":"[secret]"}');
  assert.equal(Deno.inspect(secret), "[secret]");
});

Deno.test("Secret shows its value nowhere", () => {
  const secret = new Secret(VALUE);
  const texts = [
    Deno.inspect({ secret, list: [secret] }, { depth: 10, showHidden: true }),
    inspect({ secret }, { showHidden: true, depth: 10 }),
    format("%s %o %O %j", secret, secret, secret, secret),
    String(Object.entries(secret)),
    JSON.stringify(structuredClone(secret)),
    JSON.stringify({ ...secret }),
    String(new Error(`Cannot log in with ${secret}`)),
  ];
  for (const text of texts) assert.ok(!text.includes(VALUE), text);
});

Deno.test("withoutSecrets() takes out each secret, the longest first, and leaves the rest", () => {
  new Secret("abcd-1234");
  new Secret("abcd-1234-5678");
  assert.equal(
    withoutSecrets("abcd-1234-5678, abcd-1234 and abcd"),
    "[secret], [secret] and abcd",
  );
  assert.equal(withoutSecrets(""), "");
});

Deno.test("withoutSecrets() takes a word of three letters for no secret", () => {
  new Secret("the");
  assert.equal(withoutSecrets("the end"), "the end");
});

Deno.test("withoutSecrets() remembers settings for good, and of tokens those that are new", () => {
  new Secret("setting-0123456789");
  for (let i = 0; i < 1_000; i++) {
    new Secret(`token-${i}-0123456789`, { isPassing: true });
  }
  const text = "setting-0123456789 token-999-0123456789";
  assert.equal(withoutSecrets(text), "[secret] [secret]");
  for (let i = 0; i < 1_000; i++) new Secret(`other-${i}-0123456789`);
  assert.equal(withoutSecrets("setting-0123456789"), "[secret]");
  assert.equal(withoutSecrets("other-999-0123456789"), "[secret]");
});
