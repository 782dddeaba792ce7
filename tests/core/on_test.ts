import assert from "node:assert/strict";
import { on, type OnOptions } from "../../lib/core/on.ts";

const LOGIN = "userAuthentication.userLoggedIn";
const LOGOUT = "userAuthentication.userLoggedOut";

Deno.test("on() describes a handler of one type", () => {
  const handle = () => {};
  const { declaredAt, ...rest } = on(LOGIN, handle);
  assert.deepEqual(rest, { types: [LOGIN], handle, options: {} });
  assert.match(declaredAt ?? "", /^tests\/core\/on_test\.ts:\d+$/);
});

Deno.test("on() describes a handler of several types, in their order", () => {
  assert.deepEqual(on([LOGOUT, LOGIN], () => {}).types, [LOGOUT, LOGIN]);
});

Deno.test("on() keeps its options", () => {
  const options = { filter: () => true, timeout: 5, anyNamespace: true };
  assert.deepEqual(on(LOGIN, () => {}, options).options, options);
});

Deno.test("on() freezes the handler, its types and its options", () => {
  const handler = on([LOGIN], () => {}, { timeout: 5 });
  assert.ok(Object.isFrozen(handler));
  assert.ok(Object.isFrozen(handler.types));
  assert.ok(Object.isFrozen(handler.options));
});

Deno.test("on() is not changed by what happens to its arguments later", () => {
  const types: (typeof LOGIN | typeof LOGOUT)[] = [LOGIN];
  const options: { -readonly [K in keyof OnOptions]: OnOptions[K] } = {
    timeout: 5,
  };
  const handler = on(types, () => {}, options);
  types.push(LOGOUT);
  options.timeout = 1;
  options.anyNamespace = true;
  assert.deepEqual(handler.types, [LOGIN]);
  assert.deepEqual(handler.options, { timeout: 5 });
});

Deno.test("on() registers nothing: the same type can be described twice", () => {
  let calls = 0;
  const first = on(LOGIN, () => {
    calls++;
  });
  const second = on(LOGIN, () => {
    calls++;
  });
  assert.notEqual(first, second);
  assert.equal(calls, 0);
});
