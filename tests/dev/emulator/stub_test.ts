// deno-lint-ignore-file no-console -- what the emulator prints is what is tested

import assert from "node:assert/strict";
import {
  parseStubs,
  stub,
  StubAnswer,
  StubError,
} from "../../../dev/emulator/stub.ts";
import { suggestStub } from "../../../dev/emulator/suggest_stub.ts";
import { open, send } from "./_client.ts";

const ROLES = "/iam/v3/admin/namespaces/{namespace}/roles/{roleId}";

Deno.test("a stub answers an operation that the emulator does not have", async () => {
  await using session = await open({
    stubs: [
      stub({
        method: "GET",
        path: ROLES,
        answer: ({ params, query }) => ({
          id: params.roleId,
          full: query.get("full"),
        }),
      }),
      stub({
        method: "POST",
        path: "/chat/v1/admin/topics",
        status: 201,
        answer: ({ body }) => ({ got: body }),
      }),
      stub({ method: "DELETE", path: ROLES }),
    ],
  });
  const role = await session.call(
    "GET",
    "/iam/v3/admin/namespaces/mygame/roles/a%20b?full=yes",
  );
  assert.deepEqual([role.status, role.json], [200, { id: "a b", full: "yes" }]);
  const topic = await session.call("POST", "/chat/v1/admin/topics", {
    body: { name: "t" },
    headers: { "content-type": "application/json" },
  });
  assert.deepEqual([topic.status, topic.json], [201, { got: { name: "t" } }]);
  const gone = await session.call(
    "DELETE",
    "/iam/v3/admin/namespaces/mygame/roles/1",
  );
  assert.deepEqual([gone.status, gone.text], [204, ""]);
  assert.deepEqual(
    session.emulator.journal.requests().map(({ method, route, body }) => [
      method,
      route,
      body,
    ]),
    [
      ["GET", ROLES, undefined],
      ["POST", "/chat/v1/admin/topics", { name: "t" }],
      ["DELETE", ROLES, undefined],
    ],
  );
});

Deno.test("a stub wins over what is emulated, and can refuse as AGS does", async () => {
  const path = "/platform/admin/namespaces/{namespace}/items/{itemId}";
  await using session = await open({
    stubs: [stub({
      method: "GET",
      path,
      answer: ({ params: { itemId } }) =>
        itemId === "gone"
          ? new StubAnswer(404, { errorCode: 30341, errorMessage: "Gone" })
          : { itemId },
    })],
  });
  const base = "/platform/admin/namespaces/mygame/items";
  assert.deepEqual((await session.call("GET", `${base}/x`)).json, {
    itemId: "x",
  });
  const gone = await session.call("GET", `${base}/gone`);
  assert.deepEqual([gone.status, gone.json.errorCode], [404, 30341]);
});

Deno.test("a stub takes a token of the client, and no other namespace", async () => {
  await using session = await open({
    stubs: [stub({ method: "GET", path: ROLES, answer: {} })],
  });
  const path = "/iam/v3/admin/namespaces/mygame/roles/1";
  assert.equal((await send(session.emulator.url + path, "GET")).status, 401);
  const other = await session.call("GET", path.replace("mygame", "othergame"));
  assert.equal(other.status, 403);
});

Deno.test("a stub whose function fails answers 500, and faults apply to stubs", async () => {
  await using session = await open({
    stubs: [stub({ method: "GET", path: "/a/b", answer: () => 1n })],
  });
  const errors: unknown[] = [];
  const { error } = console;
  console.error = (...args: unknown[]) => errors.push(args);
  try {
    assert.equal((await session.call("GET", "/a/b")).status, 500);
  } finally {
    console.error = error;
  }
  assert.match(String(errors), /GET \/a\/b failed/);
  session.emulator.faults.set([{ kind: "error", status: 503 }]);
  assert.equal((await session.call("GET", "/a/b")).status, 503);
});

Deno.test("new stubs replace those so far, and bad ones do not", async () => {
  await using session = await open({
    stubs: [stub({ method: "GET", path: "/a/b", answer: 1 as never })],
  });
  const statuses = async () => [
    (await session.call("GET", "/a/b")).status,
    (await session.call("GET", "/a/c")).status,
  ];
  assert.deepEqual(await statuses(), [200, 404]);
  session.emulator.setStubs([stub({ method: "GET", path: "/a/c" })]);
  assert.deepEqual(await statuses(), [404, 204]);
  const twice = stub({ method: "GET", path: "/a/b" });
  assert.throws(
    () => session.emulator.setStubs([twice, twice]),
    /GET \/a\/b: it exists already/,
  );
  assert.deepEqual(await statuses(), [404, 204]);
});

for (
  const [input, problem] of [
    [undefined, /^the default export: /],
    [[{ method: "HEAD", path: "/x" }], /^entry 1, method: /],
    [[{ method: "GET", path: "x" }], /^entry 1, path: expected a path such as/],
    [[{ method: "GET", path: "/x?y=1" }], /^entry 1, path: /],
    [[{ method: "GET", path: "/emulator/faults" }], /^entry 1, path: /],
    [[{ method: "GET", path: "/x", status: 99 }], /^entry 1, status: /],
    [[{ method: "GET", path: "/x", reply: {} }], /^entry 1: .*reply/],
  ] as const
) {
  Deno.test(`stubs that are ${JSON.stringify(input)} are refused by place and reason`, () => {
    assert.throws(() => parseStubs(input), (error) => {
      assert.ok(error instanceof StubError);
      assert.match(error.message, problem);
      return true;
    });
  });
}

Deno.test("the stub that an unknown operation needs is ready to be copied", () => {
  const id = "0123456789abcdef0123456789abcdef";
  assert.equal(
    suggestStub("PUT", `/x/v1/namespaces/mygame/users/${id}/y/${id}`, "mygame"),
    `  stub({
    method: "PUT",
    path: "/x/v1/namespaces/{namespace}/users/{userId}/y/{id}",
    answer: {},
  }),`,
  );
});
