import assert from "node:assert/strict";
import { format, inspect } from "node:util";
import { Secret } from "../../lib/config/secret.ts";

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
