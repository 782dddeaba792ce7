import assert from "node:assert/strict";
import { RedisUrl } from "../../lib/config/redis_url.ts";

Deno.test("RedisUrl takes a URL apart", () => {
  const url = new RedisUrl("rediss://me:p%40ss%3Aword@redis.example:7000/3");
  assert.deepEqual(
    [url.host, url.port, url.db, url.isEncrypted, url.username],
    ["redis.example", 7000, 3, true, "me"],
  );
  assert.equal(url.password?.reveal(), "p@ss:word");
});

Deno.test("RedisUrl has defaults for what a URL leaves out", () => {
  for (const text of ["redis://localhost", "redis://localhost/"]) {
    const url = new RedisUrl(text);
    assert.deepEqual(
      [url.host, url.port, url.db, url.isEncrypted, url.username, url.password],
      ["localhost", 6379, 0, false, undefined, undefined],
    );
  }
  assert.equal(new RedisUrl("redis://:hush@[::1]").host, "::1");
});

Deno.test("RedisUrl shows itself without credentials, and reads back", () => {
  for (
    const [text, shown] of [
      ["redis://me:hush@a.example", "redis://[secret]@a.example:6379/0"],
      ["rediss://:hush@[::1]:1/2", "rediss://[secret]@[::1]:1/2"],
      ["redis://a.example:7000/1", "redis://a.example:7000/1"],
    ] as const
  ) {
    const url = new RedisUrl(text);
    assert.equal(String(url), shown);
    assert.equal(JSON.stringify(url), JSON.stringify(shown));
    assert.doesNotMatch(Deno.inspect(url), /hush/);
  }
  const plain = new RedisUrl("redis://a.example:7000/1");
  assert.deepEqual(new RedisUrl(String(plain)), plain);
});

Deno.test("RedisUrl does not show what it refuses", () => {
  assert.throws(
    () => new RedisUrl("redis://me:hush@a.example/0?x=hush"),
    (error) => error instanceof TypeError && !/hush/.test(error.message),
  );
});
