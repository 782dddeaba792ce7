import assert from "node:assert/strict";
import { on, TerminalError } from "event-handler";
import { startTestApp } from "event-handler/testing";

const LOGIN = "userAuthentication.userLoggedIn";

/** What the lines of these deliveries say of why the handler was not called. */
async function whys(
  ...deliveries: readonly Readonly<Record<string, unknown>>[]
): Promise<readonly unknown[]> {
  const handler = on(LOGIN, (event) => {
    if (event.data.userId === "bad") throw new TerminalError("Bad");
  }, { filter: (event) => event.data.userId !== "unwanted" });
  await using app = await startTestApp({ handlers: [handler] });
  for (const set of deliveries) await app.deliver(LOGIN, { set });
  return app.events.map(({ fields }) => fields.why);
}

Deno.test("The log says in words that an id was handled before", async () => {
  const event = { id: "string", userId: "string" };
  assert.deepEqual(await whys(event, event), [
    undefined,
    "This id was handled before",
  ]);
});

Deno.test("The log says in words that an id was given up before", async () => {
  const event = { id: "e1", userId: "bad" };
  const [first, second] = await whys(event, event);
  assert.equal(first, undefined);
  assert.match(String(second), /^This id is a dead letter: /);
});

Deno.test("The log says in words whether the namespace or the filter had an event skipped", async () => {
  const [filtered, foreign] = await whys(
    { userId: "unwanted" },
    { namespace: "string" },
  );
  assert.equal(filtered, "The handler's filter excludes it");
  assert.match(
    String(foreign),
    /^It belongs to another namespace: this app's is \w+$/,
  );
});
