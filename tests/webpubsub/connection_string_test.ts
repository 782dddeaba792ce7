import assert from "node:assert/strict";
import { parseConnectionString } from "event-handler/web-pubsub";

Deno.test("parseConnectionString() reads parts in any order and case", () => {
  const wanted = {
    endpoint: "https://foo.webpubsub.azure.com",
    host: "foo.webpubsub.azure.com",
    accessKey: "a+b/c==",
  };
  for (
    const text of [
      "Endpoint=https://foo.webpubsub.azure.com;AccessKey=a+b/c==;Version=1.0;",
      "accesskey=a+b/c==;ENDPOINT=https://FOO.webpubsub.azure.com/",
      ";; Endpoint = foo.webpubsub.azure.com ; AccessKey = a+b/c== ;nothing;",
    ]
  ) {
    assert.deepEqual(parseConnectionString(text), wanted);
  }
});

Deno.test("parseConnectionString() keeps the port of the endpoint, and not in the host", () => {
  for (
    const text of [
      "Endpoint=http://localhost:8080;AccessKey=k",
      "Endpoint=http://localhost;AccessKey=k;Port=8080",
    ]
  ) {
    const { endpoint, host } = parseConnectionString(text);
    assert.deepEqual([endpoint, host], ["http://localhost:8080", "localhost"]);
  }
  const { endpoint, host } = parseConnectionString(
    "Endpoint=http://[::1]:9;AccessKey=k;Port=",
  );
  assert.deepEqual([endpoint, host], ["http://[::1]:9", "[::1]"]);
});

Deno.test("parseConnectionString() refuses what is incomplete, and does not quote it", () => {
  for (
    const [text, part] of [
      ["", "Endpoint"],
      ["AccessKey=top-secret", "Endpoint"],
      ["Endpoint=https://a.test", "AccessKey"],
      ["Endpoint=https://a.test;AccessKey=", "AccessKey"],
      ["Endpoint=ftp://top-secret;AccessKey=k", "Endpoint"],
      ["Endpoint=https://;AccessKey=top-secret", "Endpoint"],
      ["Endpoint=https://a.test;AccessKey=top-secret;Port=x", "Port"],
      ["Endpoint=https://a.test;AccessKey=top-secret;Port=70000", "Port"],
    ] as const
  ) {
    assert.throws(() => parseConnectionString(text), (error: Error) => {
      assert.ok(error instanceof TypeError, text);
      assert.match(error.message, new RegExp(part), text);
      assert.ok(!error.message.includes("top-secret"), text);
      return true;
    });
  }
});
