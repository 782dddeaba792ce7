import assert from "node:assert/strict";
import { on } from "event-handler";
import { incrementStats } from "event-handler/ags";
import { startTestApp, stub } from "event-handler/testing";

const LOGIN = "userAuthentication.userLoggedIn";

Deno.test("the call to any AGS API that docs/handlers.md shows works with the emulator", async () => {
  const names: string[] = [];
  const handler = on(LOGIN, async (event, ctx) => {
    const user = await ctx.ags.request<{ displayName: string }>(
      "GET",
      "/iam/v3/admin/namespaces/{namespace}/users/{userId}",
      { params: { userId: event.data.userId } },
    );
    names.push(user.displayName);
  });
  await using app = await startTestApp({ handlers: [handler] });
  const { outcome } = await app.deliver(LOGIN, {
    set: { userId: "player-one" },
  });
  assert.equal(outcome, "handled");
  assert.deepEqual(names, ["Player player-o"]);
});

const party = on(LOGIN, async (_event, ctx) => {
  await ctx.ags.request(
    "GET",
    "/session/v1/admin/namespaces/{namespace}/parties",
  );
});

Deno.test("the error of an operation that the emulator does not have says how to answer it", async () => {
  await using app = await startTestApp({ handlers: [party] });
  const { error } = await app.deliver(LOGIN);
  assert.ok(error instanceof Error);
  assert.match(
    error.message,
    /with 404 \(404\): the emulator has no such operation: answer it in emulator\/stubs\.ts, see docs\/emulator\.md$/,
  );
});

Deno.test("a stub in a test answers it", async () => {
  const path = "/session/v1/admin/namespaces/{namespace}/parties";
  const stubs = [stub({ method: "GET", path, answer: { data: [] } })];
  await using app = await startTestApp({ handlers: [party], stubs });
  assert.equal((await app.deliver(LOGIN)).outcome, "handled");
});

Deno.test("a code that AGS does not know is said with its meaning", async () => {
  const handler = on(LOGIN, async ({ data: { userId } }, ctx) => {
    await incrementStats(ctx.ags, {
      items: [{ userId, statCode: "nope", inc: 1 }],
    });
  });
  await using app = await startTestApp({ handlers: [handler] });
  const { error } = await app.deliver(LOGIN);
  assert.match(
    String(error),
    /nope \(12241, the statistic does not exist\)/,
  );
});
