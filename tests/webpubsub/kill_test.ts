/**
 * The service as a process that is killed.
 */

import assert from "node:assert/strict";
import { until } from "../../dev/until.ts";
import { type App, startApp } from "./_app.ts";
import { CONNECTED, MESSAGE, sign } from "./_vectors.ts";

const COUNT = 25;

async function send(
  { url }: App,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<string> {
  const response = await fetch(url, { method: "POST", headers, body });
  const text = await response.text();
  assert.ok(response.ok, `${response.status}`);
  return text;
}

/** What the app's handlers have seen of a connection. */
async function seenBy(app: App, id: string): Promise<readonly unknown[]> {
  const headers = { ...MESSAGE, "ce-id": crypto.randomUUID() };
  return JSON.parse(await send(app, headers, `seen ${id}`));
}

Deno.test("kill -9 right after the 200 loses no event that nobody waits for", async () => {
  const folder = await Deno.makeTempDir();
  const options = { program: "conformance_app.ts", folder } as const;
  const ids = Array.from({ length: COUNT }, (_, index) => `conn-${index}`);
  try {
    const first = await startApp(options);
    // Their handlers go on until they are ended, so that none of them is done.
    await Promise.all(ids.map((id) =>
      send(first, {
        ...CONNECTED,
        "ce-connectionId": id,
        "ce-signature": sign(id),
        "ce-userId": "hangs",
      }, "{}")
    ));
    await first.kill();
    await using second = await startApp(options);
    for (const id of ids) {
      const seen = await until(`${id} is handled`, async () => {
        const list = await seenBy(second, id);
        return list.length > 0 ? list : undefined;
      });
      assert.deepEqual(seen, [{ event: "connected", states: { key: "a" } }]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
