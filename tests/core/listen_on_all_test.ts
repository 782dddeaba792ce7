import assert from "node:assert/strict";
import { ListenError } from "../../lib/core/listen_error.ts";
import { listenOnAll } from "../../lib/core/listen_on_all.ts";

const TAKEN = "AddrInUse: Address already in use (os error 98)";
const WITHOUT = "Error: listen EAFNOSUPPORT: address family not supported ::";

/** A machine on which listening has these errors. */
function machine(errors: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const listen = (hostname: string, port: number) => {
    asked.push(`${hostname} ${port}`);
    const error = errors[hostname];
    if (error !== undefined) throw new Error(error);
    return { hostname, port: port === 0 ? 4711 : port };
  };
  const open = async () =>
    (await listenOnAll(listen, { port: 0, setting: "SOME_PORT" }))
      .map(({ hostname, port }) => `${hostname} ${port}`);
  return { asked, open };
}

Deno.test("listenOnAll() is content with one socket that takes both families", async () => {
  const { open } = machine({ "0.0.0.0": TAKEN });
  assert.deepEqual(await open(), [":: 4711"]);
});

Deno.test("listenOnAll() opens one for each family where they are apart, with one port", async () => {
  const { open } = machine({});
  assert.deepEqual(await open(), [":: 4711", "0.0.0.0 4711"]);
});

for (
  const error of [
    WITHOUT,
    "No address added out of total 1 resolved errors: [listen EADDRNOTAVAIL]",
    "AddrNotAvailable: Cannot assign requested address (os error 99)",
    "Error: An address incompatible with the protocol (os error 10047)",
  ]
) {
  Deno.test(`listenOnAll() does without IPv6 where there is none: ${error}`, async () => {
    const { asked, open } = machine({ "::": error });
    assert.deepEqual(await open(), ["0.0.0.0 4711"]);
    assert.deepEqual(asked, [":: 0", "0.0.0.0 0"]);
  });
}

Deno.test("listenOnAll() does without IPv4 where there is none", async () => {
  const { open } = machine({ "0.0.0.0": WITHOUT });
  assert.deepEqual(await open(), [":: 4711"]);
});

for (
  const errors of [
    { "::": TAKEN },
    { "::": "PermissionDenied: Permission denied (os error 13)" },
    { "::": WITHOUT, "0.0.0.0": TAKEN },
  ]
) {
  Deno.test(`listenOnAll() names the setting of a port that cannot be opened: ${Object.values(errors).join("; ")}`, async () => {
    const { open } = machine(errors);
    await assert.rejects(open(), (error) => {
      assert.ok(error instanceof ListenError);
      assert.match(error.message, /SOME_PORT/);
      assert.ok(error.cause instanceof Error);
      assert.equal(error.cause.message, Object.values(errors).at(-1));
      return true;
    });
  });
}
