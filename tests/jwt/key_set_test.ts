import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import { createKeySet, type KeyResult } from "../../lib/jwt/key_set.ts";
import { serve } from "../ags/_server.ts";
import { PATIENCE } from "../_support/patience.ts";

const MEGABYTE = 1_048_576;

const { publicKey } = await generateKeyPair("RS256", { extractable: true });
const JWK_OF_IAM = await exportJWK(publicKey);

function keyCalled(kid: string, more: Readonly<Record<string, unknown>> = {}) {
  return { ...JWK_OF_IAM, kid, alg: "RS256", use: "sig", ...more };
}

function saysOf(result: KeyResult): string | number {
  if ("key" in result) return "key";
  return "isUnknown" in result ? "unknown" : result.retryAfter;
}

/** A server of keys, and a set of them with a clock that stands. */
function start(
  answer: (lookup: number) => Response | Promise<Response>,
  timeout = PATIENCE,
) {
  let time = 0;
  const server = serve((_request, number) => answer(number));
  const keys = createKeySet({
    url: `${server.url}/jwks`,
    timeout,
    now: () => time,
  });
  return {
    keys,
    get lookups() {
      return server.count;
    },
    at: (milliseconds: number) => void (time = milliseconds),
    find: async (kid: string) => saysOf(await keys.find(kid)),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const keySet = (...keys: readonly unknown[]) => Response.json({ keys });

Deno.test("A key that is known costs no look-up", async () => {
  await using iam = start(() => keySet(keyCalled("a"), keyCalled("b")));
  for (const kid of ["a", "b", "a"]) assert.equal(await iam.find(kid), "key");
  assert.equal(iam.lookups, 1);
});

Deno.test("A hundred that ask at once share one look-up, and only who began it learns that there is no such key", async () => {
  await using iam = start(() => keySet(keyCalled("a")));
  const results = await Promise.all(
    Array.from({ length: 100 }, (_, at) => iam.find(`x${at}`)),
  );
  assert.deepEqual(results, ["unknown", ...Array(99).fill(30_000)]);
  assert.equal(iam.lookups, 1);
});

Deno.test("After a look-up IAM is left alone for half a minute; nobody can say of other keys meanwhile", async () => {
  let kid = "a";
  await using iam = start(() => keySet(keyCalled(kid)));
  assert.equal(await iam.find("a"), "key");
  kid = "b";
  iam.at(10_000);
  assert.equal(await iam.find("b"), 20_000);
  assert.equal(await iam.find("a"), "key");
  iam.at(29_999);
  assert.equal(await iam.find("b"), 1);
  assert.equal(iam.lookups, 1);
  iam.at(30_000);
  assert.equal(await iam.find("b"), "key");
  assert.equal(iam.lookups, 2);
  assert.equal(await iam.find("a"), 30_000);
});

Deno.test("Keys are looked up again after ten minutes, and one that was withdrawn is gone", async () => {
  let kids = ["a", "b"];
  await using iam = start(() => keySet(...kids.map((kid) => keyCalled(kid))));
  assert.equal(await iam.find("a"), "key");
  kids = ["b"];
  iam.at(10 * 60_000 - 1);
  assert.equal(await iam.find("a"), "key");
  iam.at(10 * 60_000);
  assert.equal(await iam.find("a"), "unknown");
  assert.equal(await iam.find("b"), "key");
});

Deno.test("While IAM cannot say, keys serve for up to an hour", async () => {
  let isWell = true;
  await using iam = start(() =>
    isWell ? keySet(keyCalled("a")) : new Response("down", { status: 503 })
  );
  assert.equal(await iam.find("a"), "key");
  isWell = false;
  iam.at(60 * 60_000 - 1);
  assert.equal(await iam.find("a"), "key");
  iam.at(60 * 60_000);
  assert.equal(await iam.find("a"), 4_999);
  iam.at(60 * 60_000 + 5_000);
  assert.equal(await iam.find("a"), 5_000);
  assert.equal(iam.lookups, 3);
});

function streamOf(megabytes: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  const piece = new Uint8Array(MEGABYTE).fill(0x20);
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent++ < megabytes) controller.enqueue(piece);
      else controller.close();
    },
  });
}

const USELESS: Readonly<Record<string, () => Response>> = {
  "is an error": () => new Response("down", { status: 503 }),
  "is nothing": () => new Response(null, { status: 204 }),
  "is a redirect": () => Response.redirect("http://127.0.0.1:9/", 302),
  "is a page": () => new Response("<html>"),
  "is no key set": () => Response.json({ keys: "none" }),
  "is a list": () => Response.json([]),
  "has a key too many": () =>
    keySet(...Array.from({ length: 101 }, (_, at) => keyCalled(`k${at}`))),
  "is long": () => new Response(streamOf(300)),
  "never ends": () => new Response(streamOf(Infinity)),
  "inflates without end": () =>
    new Response(
      streamOf(Infinity).pipeThrough(new CompressionStream("gzip")),
      { headers: { "content-encoding": "gzip" } },
    ),
  "nests deep": () =>
    new Response(`{"keys":${"[".repeat(100_000)}${"]".repeat(100_000)}}`),
  "is dear in memory": () =>
    new Response(`{"keys":[[${Array(80_000).fill("[]").join()}]]}`),
};

for (const [what, answer] of Object.entries(USELESS)) {
  Deno.test(`A key set that ${what} is of no use, and is asked for again 5 seconds later`, async () => {
    await using iam = start((lookup) =>
      lookup === 1 ? answer() : keySet(keyCalled("a"))
    );
    assert.equal(await iam.find("a"), 5_000);
    iam.at(4_999);
    assert.equal(await iam.find("a"), 1);
    assert.equal(iam.lookups, 1);
    iam.at(5_000);
    assert.equal(await iam.find("a"), "key");
  });
}

Deno.test("A key set that does not come is given its time, and no more", async () => {
  const end = Promise.withResolvers<Response>();
  await using iam = start(() => end.promise, 50);
  assert.equal(await iam.find("a"), 5_000);
  end.resolve(keySet());
});

Deno.test("A key that cannot be one for RS256 is left out, and the others serve", async () => {
  const weak = await generateWeakKey();
  await using iam = start(() =>
    keySet(
      null,
      "key",
      keyCalled("none", { kty: "oct", k: "c2VjcmV0" }),
      keyCalled("ps", { alg: "PS256" }),
      keyCalled("enc", { use: "enc" }),
      keyCalled("long", { n: "x".repeat(5_000) }),
      keyCalled("odd", { n: "!" }),
      { ...weak, kid: "weak" },
      { ...JWK_OF_IAM },
      keyCalled("", {}),
      keyCalled("good"),
    )
  );
  assert.equal(await iam.find("good"), "key");
  for (const kid of ["none", "ps", "enc", "long", "odd", "weak", ""]) {
    assert.equal(await iam.find(kid), 30_000, kid);
  }
});

async function generateWeakKey(): Promise<JWK> {
  const pair = await crypto.subtle.generateKey(
    {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength: 1_024,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: "SHA-256",
    },
    true,
    ["sign", "verify"],
  );
  return await exportJWK(pair.publicKey);
}
