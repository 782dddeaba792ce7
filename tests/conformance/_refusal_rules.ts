/**
 * Rules of refusals that no event can mend: by something before AGS that answers in
 * its place, and by AGS for what this service's client lacks.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Fault } from "../../dev/emulator/mod.ts";
import { agsId } from "./_events.ts";
import { rulesOf, startWorld, type Suite, type World } from "./_world.ts";
import { PATIENCE } from "../_support/patience.ts";

const FULFILLMENT = {
  path: "/platform/admin/namespaces/{namespace}/users/{userId}/fulfillment",
};

/** What a proxy, an ingress or a firewall answers, and AGS does not. */
const STATUSES = [400, 401, 403, 404, 405, 407, 410, 421, 423, 425, 451];

/** More than is read of a refusal. */
const LONG = 1_000_000;

/** Registers the rules. */
export function refusalRules(suite: Suite): void {
  Deno.test(`${suite.name}: refusals that no event can mend`, async (test) => {
    await using world = await startWorld(suite, {
      env: { MAX_ATTEMPTS: "2" },
    });
    const { emulator, send, grants } = world;
    const rule = rulesOf(test, world);

    const pages: readonly (readonly [string, Fault])[] = [
      ...STATUSES.map((status) =>
        [`a page with ${status}`, { kind: "html", status }] as const
      ),
      ...[429, 503].map((status) =>
        [
          `a page with ${status} beyond what is read`,
          { kind: "html", status, bytes: LONG },
        ] as const
      ),
      ["JSON of another make", {
        kind: "error",
        status: 404,
        body: { message: "no Route matched with those values" },
      }],
    ];
    for (const [what, fault] of pages) {
      await rule(
        `${what} in AGS's place is answered UNAVAILABLE, and the event gets through afterwards`,
        async () => {
          emulator.faults.set([{ ...fault, match: FULFILLMENT }]);
          const event = { userId: agsId(), id: agsId() };
          assert.equal((await send(event)).status, "UNAVAILABLE");
          assert.equal(grants(event.userId), 0);
          emulator.faults.clear();
          await delivered(world, event);
          assert.equal(grants(event.userId), 1);
        },
      );
    }

    await rule(
      "a permission that is missing is answered UNAVAILABLE and asked for seldom; once it is granted, every event gets through",
      () => permissionIsMissing(world),
    );
  });
}

async function permissionIsMissing(world: World): Promise<void> {
  const { emulator, target, send, grants } = world;
  const { faults, journal } = emulator;
  faults.set([{
    kind: "error",
    status: 403,
    errorCode: 20013,
    errorMessage: "insufficient permissions",
    match: FULFILLMENT,
  }]);
  const events = Array.from(
    { length: 30 },
    () => ({ userId: agsId(), id: agsId() }),
  );
  const asked = () =>
    journal.requests().filter(({ path }) => path.endsWith("/fulfillment"))
      .length;
  const before = asked();
  for (let delivery = 0; delivery < 4; delivery++) {
    for (const event of events) {
      assert.equal((await send(event)).status, "UNAVAILABLE");
    }
  }
  // Ten, and one each five seconds; a machine may be slow.
  assert.ok(asked() - before < 40, `${asked() - before} requests`);
  const record = await target.logged(({ message, level }) =>
    level === "error" && /lacks a permission/.test(String(message))
  );
  assert.match(JSON.stringify(record), /POST .*fulfillment.*20013/);
  const metrics = await fetch(
    `http://127.0.0.1:${target.metricsPort}/metrics`,
  );
  assert.match(
    await metrics.text(),
    /^ags_refusals_total\{service="platform",operation="POST [^"]*fulfillment",by="permission"\} \d+$/m,
  );
  assert.equal(await fetchStatus(world, "/livez"), 200);
  faults.clear();
  for (const event of events) {
    await delivered(world, event);
    assert.equal(grants(event.userId), 1);
  }
}

async function fetchStatus({ target }: World, path: string): Promise<number> {
  const url = `http://127.0.0.1:${target.metricsPort}${path}`;
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}

/** Delivers an event until it is done, as its batch does. */
async function delivered(
  { send }: World,
  event: { readonly userId: string; readonly id: string },
): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE);
  for (;;) {
    const { status, metadata } = await send(event);
    if (status === "OK") return;
    assert.equal(status, "UNAVAILABLE");
    signal.throwIfAborted();
    const pushback = Number(metadata["grpc-retry-pushback-ms"] ?? 50);
    await new Promise((resolve) =>
      setTimeout(resolve, Math.min(pushback, 500))
    );
  }
}
