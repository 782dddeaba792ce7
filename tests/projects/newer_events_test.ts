import assert from "node:assert/strict";
import { join } from "node:path";
import { main as generateTypes } from "../../dev/gen/types.ts";
import { makeCheckout } from "../_support/checkout.ts";
import { ACCOUNT, dropIn } from "../_support/newer_events.ts";

/** What a studio writes once `deno task gen` has run. */
const HANDLERS = `import { type Handler, on } from "event-handler";
import type {
  UserPasskeyLoggedInPayload,
} from "../proto/accelbyte-asyncapi/iam/account/v1/account.ts";

function describe(payload: UserPasskeyLoggedInPayload): string {
  const model: string | undefined = payload.devices["d-1"]?.deviceModel;
  const seal: Uint8Array | undefined = payload.seal;
  const count: string | undefined = payload.usedCount;
  const kind: "KIND_UNKNOWN" | "KIND_HARDWARE" | number = payload.kind;
  const used: string | undefined = payload.firstUsed;
  const more: Uint8Array | undefined = payload.more?.value;
  return [model, seal, count, kind, used, more].join();
}

export const handlers: readonly Handler[] = [
  on("userAuthentication.userPasskeyLoggedIn", ({ data }, ctx) => {
    if (data.payload) ctx.log.info(describe(data.payload));
    // @ts-expect-error -- No such field.
    void data.passkey;
  }),
  on("guild.raised", ({ data }, ctx) => {
    ctx.log.info(data.guildName satisfies string);
  }),
  on("group.groupCreated", () => {}),
  // @ts-expect-error -- No service takes it.
  on("guild.razed", () => {}),
];
`;

Deno.test("deno task gen types newer event files, and handlers of their events compile", async () => {
  using checkout = makeCheckout();
  dropIn(checkout);
  checkout.write("handlers/mod.ts", HANDLERS);
  const options = ["--proto", join(checkout.path, "proto")];
  const output = { log: () => {}, error: () => {} };
  assert.equal(await generateTypes(options, output), 0);
  assert.equal(await generateTypes([...options, "--check"], output), 0);
  const checked = await checkout.deno(["check", "--quiet", "main.ts"]);
  assert.equal(checked.code, 0, checked.stderr);

  const events = checkout.read("proto/events.ts");
  assert.match(events, /- `guild\.razed`: `GuildRazedService`, \S+:2\n/);
  assert.match(events, /- `session\.onPartyCreated`: /);
  assert.match(
    checkout.read(`${ACCOUNT}.ts`),
    /@deprecated\s+\*\/\s+readonly usedCount\?: string \| undefined;/,
  );
});
