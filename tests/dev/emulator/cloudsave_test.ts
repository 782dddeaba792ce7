import assert from "node:assert/strict";
import {
  createRecordStore,
  MAX_RECORDS,
} from "../../../dev/emulator/record_store.ts";
import { open, type Session } from "./_client.ts";
import { assertError, assertGuarded, assertNoContent } from "./_game.ts";

const ADMIN = "/cloudsave/v1/admin/namespaces/mygame";
const NOW = Date.UTC(2026, 0, 1);

/** The game's records and a player's: where they are, and AGS's codes. */
const KINDS = [
  {
    whose: "the game's record",
    plain: `${ADMIN}/adminrecords/k`,
    concurrent: `${ADMIN}/concurrent/adminrecords/k`,
    userId: undefined,
    resource: "ADMIN:NAMESPACE:othergame:CLOUDSAVE:RECORD",
    codes: {
      notFound: 18140,
      merge: 18134,
      put: 18144,
      concurrent: 20002,
      conflict: 18180,
    },
  },
  {
    whose: "a player's record",
    plain: `${ADMIN}/users/u1/adminrecords/k`,
    concurrent: `${ADMIN}/users/u1/concurrent/adminrecords/k`,
    userId: "u1",
    resource: "ADMIN:NAMESPACE:othergame:USER:u1:CLOUDSAVE:RECORD",
    codes: {
      notFound: 18152,
      merge: 18150,
      put: 18156,
      concurrent: 18181,
      conflict: 18183,
    },
  },
] as const;

function at(milliseconds: number): string {
  return new Date(NOW + milliseconds).toISOString();
}

for (const { whose, plain, concurrent, userId, resource, codes } of KINDS) {
  const put = (session: Session, body: unknown) =>
    session.call("PUT", plain, { body });
  const putAt = (session: Session, updatedAt: string, value: unknown) =>
    session.call("PUT", concurrent, { body: { value, updatedAt } });

  Deno.test(`${whose} that is not there answers 404`, async () => {
    await using session = await open();
    const reply = await session.call("GET", plain);
    assertError(reply, 404, { errorCode: codes.notFound });
  });

  Deno.test(`${whose} is put, merged and read`, async () => {
    let now = NOW;
    await using session = await open({ now: () => now });
    const first = await put(session, { a: 1, deep: { x: 1 }, list: [1] });
    const record = {
      key: "k",
      namespace: "mygame",
      ...(userId && { user_id: userId }),
      value: { a: 1, deep: { x: 1 }, list: [1] },
      created_at: at(0),
      updated_at: at(0),
      tags: [],
    };
    assert.deepEqual([first.status, first.json], [200, record]);
    now += 5;
    const second = await session.call("POST", plain, {
      body: { b: 2, deep: { y: 2 }, list: [2] },
    });
    const merged = {
      ...record,
      value: { a: 1, b: 2, deep: { x: 1, y: 2 }, list: [2] },
      updated_at: at(5),
    };
    assert.deepEqual([second.status, second.json], [201, merged]);
    const third = await session.call("GET", plain);
    assert.deepEqual([third.status, third.json], [200, merged]);
    assert.deepEqual(session.emulator.game.cloudSave.keys(userId), ["k"]);
  });

  Deno.test(`${whose} has tags and an expiry that stay until others come`, async () => {
    await using session = await open({ now: () => NOW });
    const ttl = { action: "DELETE", expires_at: at(60_000) };
    const meta = { tags: ["t1"], ttl_config: ttl };
    const { json } = await put(session, { a: 1, __META: meta });
    assert.deepEqual([json.value, json.tags, json.ttl_config], [
      { a: 1 },
      ["t1"],
      ttl,
    ]);
    const kept = await put(session, { b: 1 });
    assert.deepEqual([kept.json.tags, kept.json.ttl_config], [["t1"], ttl]);
    const merged = await session.call("POST", plain, {
      body: { __META: { tags: ["t2"] } },
    });
    assert.deepEqual([merged.json.value, merged.json.tags], [{ b: 1 }, ["t2"]]);
    assert.deepEqual(merged.json.ttl_config, ttl);
  });

  Deno.test(`${whose} expires by the given clock, and starts anew`, async () => {
    let now = NOW;
    await using session = await open({ now: () => now });
    const ttl = { action: "DELETE", expires_at: "2026-01-01T01:00:01+01:00" };
    await put(session, { a: 1, __META: { tags: ["t1"], ttl_config: ttl } });
    now += 999;
    assert.equal((await session.call("GET", plain)).status, 200);
    now += 1;
    assert.equal((await session.call("GET", plain)).status, 404);
    assert.deepEqual(session.emulator.game.cloudSave.keys(userId), []);
    const { json } = await session.call("POST", plain, { body: { b: 2 } });
    assert.deepEqual([json.value, json.tags], [{ b: 2 }, []]);
    assert.equal(json.created_at, at(1000));
  });

  Deno.test(`${whose} is put where it has not changed`, async () => {
    await using session = await open({ now: () => NOW });
    await put(session, { a: 1 });
    assertNoContent(await putAt(session, at(0), { a: 2 }));
    const stale = await putAt(session, at(0), { a: 3 });
    assertError(stale, 412, { errorCode: codes.conflict });
    const { json } = await session.call("GET", plain);
    assert.deepEqual(json.value, { a: 2 });
    assert.equal(json.updated_at, at(1), "two writes have two versions");
    assertNoContent(await putAt(session, json.updated_at, { a: 4 }));
  });

  Deno.test(`${whose} has the same version however its time is written`, async () => {
    await using session = await open({ now: () => NOW });
    await put(session, { a: 1 });
    const right = "2026-01-01T05:30:00.000000000+05:30";
    for (
      const wrong of [
        "2026-01-01T00:00:00.000000001Z",
        "2026-01-01T00:00:00+05:30",
        "2025-12-31T23:59:59.999Z",
      ]
    ) {
      const reply = await putAt(session, wrong, { a: 2 });
      assertError(reply, 412, { errorCode: codes.conflict });
    }
    assertNoContent(await putAt(session, right, { a: 3 }));
  });

  Deno.test(`${whose} is created by a conditional write, whatever time it names`, async () => {
    for (const updatedAt of ["1970-01-01T00:00:00Z", at(0), at(1_000_000)]) {
      await using session = await open({ now: () => NOW });
      assertNoContent(await putAt(session, updatedAt, { a: 1 }));
      const { json } = await session.call("GET", plain);
      assert.deepEqual([json.value, json.updated_at], [{ a: 1 }, at(0)]);
    }
  });

  Deno.test(`${whose} loses its tags to a conditional write without any`, async () => {
    await using session = await open({ now: () => NOW });
    await put(session, { a: 1, __META: { tags: ["t1"] } });
    await session.call("PUT", concurrent, {
      body: { value: { a: 2 }, updatedAt: at(0) },
    });
    assert.deepEqual((await session.call("GET", plain)).json.tags, []);
    await session.call("PUT", concurrent, {
      body: { value: { a: 2, __META: {} }, updatedAt: at(1), tags: ["t2"] },
    });
    const { json } = await session.call("GET", plain);
    assert.deepEqual([json.tags, json.value], [["t2"], { a: 2 }]);
  });

  for (const body of ["[]", "7", "null", '"text"', "{", ""]) {
    Deno.test(`${whose} does not take ${JSON.stringify(body)} for one`, async () => {
      await using session = await open();
      const headers = { "content-type": "application/json" };
      const calls = [
        ["POST", plain, codes.merge],
        ["PUT", plain, codes.put],
        ["PUT", concurrent, codes.put],
      ] as const;
      for (const [method, path, errorCode] of calls) {
        const reply = await session.call(method, path, { body, headers });
        assertError(reply, 400, { errorCode });
      }
      assert.equal((await session.call("GET", plain)).status, 404);
    });
  }

  for (
    const meta of [
      "tags",
      { tags: "t1" },
      { tags: [1] },
      { ttl_config: {} },
      { ttl_config: { action: "NONE", expires_at: at(1000) } },
      { ttl_config: { action: "DELETE", expires_at: "soon" } },
    ]
  ) {
    Deno.test(`${whose} does not take ${JSON.stringify(meta)} beside its value`, async () => {
      await using session = await open();
      for (const method of ["POST", "PUT"]) {
        const body = { a: 1, __META: meta };
        const reply = await session.call(method, plain, { body });
        assertError(reply, 400, { errorCode: 20002 });
      }
      if (typeof meta === "string") return;
      const body = { value: {}, updatedAt: at(0), ...meta };
      const reply = await session.call("PUT", concurrent, { body });
      assertError(reply, 400, { errorCode: codes.concurrent });
    });
  }

  for (
    const body of [
      {},
      { value: {} },
      { updatedAt: at(0) },
      { value: [], updatedAt: at(0) },
      { value: {}, updatedAt: "2026-01-01" },
      { value: {}, updatedAt: NOW },
    ]
  ) {
    Deno.test(`${whose} is not put on the terms ${JSON.stringify(body)}`, async () => {
      await using session = await open();
      const reply = await session.call("PUT", concurrent, { body });
      assertError(reply, 400, { errorCode: codes.concurrent });
    });
  }

  Deno.test(`${whose} is for its own tokens, namespaces and media types`, async () => {
    await using session = await open();
    const body = { value: {}, updatedAt: at(0) };
    const operations = [
      { method: "GET", path: plain, action: 2 },
      { method: "POST", path: plain, body, action: 1 },
      { method: "PUT", path: plain, body, action: 4 },
      { method: "PUT", path: concurrent, body, action: 4 },
    ];
    for (const { action, ...operation } of operations) {
      await assertGuarded(session, operation, { resource, action });
    }
  });
}

Deno.test("the game's record is refused when it is too large", async () => {
  await using session = await open();
  const [{ plain, concurrent }] = KINDS;
  const fits = { text: "x".repeat(1_000_000 - '{"text":""}'.length) };
  const large = { text: `${fits.text}x` };
  assert.equal((await session.call("PUT", plain, { body: fits })).status, 200);
  const calls = [
    ["POST", plain, 18136],
    ["PUT", plain, 18146],
    ["PUT", concurrent, 18146],
  ] as const;
  for (const [method, path, errorCode] of calls) {
    const reply = await session.call(method, path, { body: large });
    assertError(reply, 400, { errorCode });
  }
});

Deno.test("a conditional write of a player's record answers its time where asked", async () => {
  await using session = await open({ now: () => NOW });
  const [, { concurrent }] = KINDS;
  const body = { value: {}, updatedAt: at(0) };
  const path = `${concurrent}?responseBody=true`;
  const reply = await session.call("PUT", path, { body });
  assert.deepEqual([reply.status, reply.json], [200, { updated_at: at(0) }]);
});

Deno.test("a conditional write names the expiry of the game's record, and leaves that of a player's", async () => {
  await using session = await open({ now: () => NOW });
  const ttl = { action: "DELETE", expires_at: at(60_000) };
  const other = { action: "DELETE", expires_at: at(90_000) };
  for (const { plain, concurrent, userId } of KINDS) {
    const expiry = async (updatedAt: string, terms: object) => {
      const body = { value: { a: 1 }, updatedAt, ...terms };
      assertNoContent(await session.call("PUT", concurrent, { body }));
      return (await session.call("GET", plain)).json.ttl_config;
    };
    await session.call("PUT", plain, { body: { __META: { ttl_config: ttl } } });
    const changed = await expiry(at(0), { ttl_config: other });
    assert.deepEqual(changed, userId ? ttl : other);
    assert.deepEqual(await expiry(at(1), {}), userId ? ttl : undefined);
  }
});

Deno.test("50 conditional writes of the same version have one winner", async () => {
  await using session = await open();
  const [{ plain, concurrent }] = KINDS;
  const { json } = await session.call("PUT", plain, { body: { a: 0 } });
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, a) =>
      session.call("PUT", concurrent, {
        body: { value: { a }, updatedAt: json.updated_at },
      })),
  );
  const statuses = replies.map(({ status }) => status);
  assert.equal(statuses.filter((status) => status === 204).length, 1);
  assert.equal(statuses.filter((status) => status === 412).length, 49);
  const { json: { value } } = await session.call("GET", plain);
  assert.equal(value.a, statuses.indexOf(204));
});

Deno.test("the record that was created first is forgotten first, and that is counted", () => {
  const store = createRecordStore(() => NOW);
  for (let n = 0; n < MAX_RECORDS; n++) {
    store.write({ key: `k${n}` }, { value: {} });
  }
  store.write({ key: "k0" }, { value: { again: true } });
  assert.equal(store.forgotten, 0);
  store.write({ key: "k0", userId: "u1" }, { value: {} });
  assert.equal(store.forgotten, 1);
  assert.equal(store.find({ key: "k0" }), undefined);
  assert.ok(store.find({ key: "k1" }));
  assert.deepEqual(store.keys("u1"), ["k0"]);
});
