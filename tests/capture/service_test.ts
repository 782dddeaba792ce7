/**
 * The whole service with client events.
 */

import assert from "node:assert/strict";
import { matching, on, RetryableError, TerminalError } from "event-handler";
import { connect } from "../../dev/event_client.ts";
import { findEvent, makeEvent } from "../../dev/event_source.ts";
import { until as ask } from "../../dev/until.ts";
import type { Event } from "../../lib/core/event.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";
import { entry } from "./_door.ts";
import { startCapture } from "./_service.ts";

/** Waits for a condition. */
function until(condition: () => boolean): Promise<unknown> {
  return ask(String(condition), () => condition() || undefined);
}

async function withFolder(run: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("An event of a player reaches its handler, and the archive", () =>
  withFolder(async (folder) => {
    const seen: Event[] = [];
    const handler = on(
      "clientEvents.loyaltypurchase",
      (event) => void seen.push(event),
    );
    let id = "";
    {
      await using game = await startCapture({ handlers: [handler], folder });
      const answer = await game.send(
        "p1",
        {
          entry:
            '{"eventType":"loyaltypurchase","schemaVersion":2,"data":{"n":9223372036854775807}}',
        },
        entry("paging"),
      );
      id = answer.Entries[0]?.EventId ?? "";
      await until(() => seen.length === 1);
      const [event] = seen;
      assert.equal(event?.id, id);
      assert.equal(event.type, "clientEvents.loyaltypurchase");
      assert.equal(event.subject, "p1");
      assert.equal(event.source, "clientevents");
      assert.equal(event.namespace, "mygame");
      assert.deepEqual(event.data, {
        eventType: "loyaltypurchase",
        schemaVersion: 2,
        data: { n: "9223372036854775807" },
      });
      // The end of the service archives what there is.
      await game.service.drain();
      const objects = await game.archived();
      const names = Object.keys(objects).sort();
      assert.match(names[0] ?? "", /^loyaltypurchase\/2\/.*\.jsonl\.gz$/);
      assert.match(names[1] ?? "", /^paging\/2\/.*\.jsonl\.gz$/);
      assert.equal(names.length, 2);
      assert.match(objects[names[0] ?? ""]?.[0] ?? "", /9223372036854775807/);
    }
  }));

Deno.test("A request without a token is answered 401, and says how to do better", () =>
  withFolder(async (folder) => {
    await using game = await startCapture({ folder });
    const response = await fetch(`${game.url}/event`, {
      method: "POST",
      body: "{}",
    });
    assert.equal(response.status, 401);
    assert.equal(response.headers.get("www-authenticate"), "Bearer");
    await response.body?.cancel();
  }));

Deno.test("An event that fails is handled again, one that is rejected is a dead letter, and neither holds up others", () =>
  withFolder(async (folder) => {
    const runs: string[] = [];
    const handler = on("clientEvents.*", (event) => {
      runs.push(event.type);
      if (event.type === "clientEvents.bad") throw new TerminalError("Bad");
      if (
        event.type === "clientEvents.later" &&
        runs.filter((each) => each === event.type).length < 2
      ) throw new RetryableError("Later");
    });
    await using game = await startCapture({ handlers: [handler], folder });
    await game.send("p1", entry("later"), entry("bad"), entry("good"));
    await until(() => runs.length >= 4);
    assert.deepEqual(runs.toSorted(), [
      "clientEvents.bad",
      "clientEvents.good",
      "clientEvents.later",
      "clientEvents.later",
    ]);
    await until(() =>
      game.log.lines.some(({ fields }) => fields.outcome === "rejected")
    );
  }));

Deno.test("A repeat of an event runs once, whatever server took it", () =>
  withFolder(async (folder) => {
    const seen: string[] = [];
    const handler = on("clientEvents.buy", ({ id }) => void seen.push(id));
    await using game = await startCapture({ handlers: [handler], folder });
    const event = { ...entry("buy"), eventId: "order-1" };
    const [one, two] = await Promise.all([
      game.send("p1", event),
      game.send("p1", event, entry("buy")),
    ]);
    assert.equal(one.Entries[0]?.EventId, two.Entries[0]?.EventId);
    await until(() => seen.length >= 2);
    await game.service.drain();
    assert.equal(seen.length, 2);
    const lines = Object.values(await game.archived()).flat();
    assert.equal(lines.length, 2);
  }));

Deno.test("A handler takes the events that match its pattern", () =>
  withFolder(async (folder) => {
    const seen: unknown[] = [];
    const handler = on(
      "clientEvents.*",
      (event) => void seen.push(event.data.data),
      {
        filter: matching({
          detail: {
            eventType: ["buy"],
            data: { price: [{ numeric: [">=", 10] }] },
          },
        }),
      },
    );
    await using game = await startCapture({ handlers: [handler], folder });
    await game.send(
      "p1",
      entry("buy", { price: 9 }),
      entry("buy", { price: 10 }),
      entry("sell", { price: 10 }),
    );
    await until(() =>
      game.log.lines.filter(({ fields }) => fields.outcome !== undefined)
        .length === 3
    );
    assert.deepEqual(seen, [{ price: 10 }]);
  }));

Deno.test("Client events that nobody handles nor archives keep the service from starting", () =>
  withFolder(async (folder) => {
    await assert.rejects(
      startCapture({ folder, config: { archive: "none" } }),
      /would go nowhere/,
    );
  }));

Deno.test("Metrics know no event by its client's name", () =>
  withFolder(async (folder) => {
    const handler = on("clientEvents.*", () => {});
    await using game = await startCapture({ handlers: [handler], folder });
    await game.send("p1", entry("made-up-name"), { entry: "{" });
    await until(() =>
      game.log.lines.some(({ fields }) => fields.outcome === "handled")
    );
    const metrics = await (await fetch(
      `http://127.0.0.1:${game.service.metricsPort}/metrics`,
    )).text();
    assert.ok(!metrics.includes("made-up-name"));
    assert.match(metrics, /client_events_accepted_total 1/);
    assert.match(
      metrics,
      /client_events_refused_total\{code="MalformedDetail"\} 1/,
    );
    assert.match(
      metrics,
      /event_type="clientEvents\.\*"|type="clientEvents\.\*"/,
    );
  }));

Deno.test("Events of any source are archived, once however often they come", () =>
  withFolder(async (folder) => {
    await using game = await startCapture({
      folder,
      config: {
        sources: ["grpc", "clientEvents"],
        archiveEvents: ["clientEvents.*", "userAuthentication.userLoggedIn"],
      },
    });
    const event = findEvent(PROTO_FOLDER, "userAuthentication.userLoggedIn");
    const { bytes } = makeEvent(event, {
      namespace: "mygame",
      json: undefined,
      sets: [],
      isOneOfMany: false,
    });
    using client = connect(`127.0.0.1:${game.service.portOf("grpc")}`);
    for (let time = 0; time < 3; time++) {
      const { status } = await client.send(event.path, bytes, 5_000);
      assert.equal(status, "OK");
    }
    await game.service.drain();
    const [[name = "", lines = []] = [], ...others] = Object.entries(
      await game.archived(),
    );
    assert.match(name, /^userAuthentication\.userLoggedIn\/1\//);
    assert.deepEqual(others, []);
    assert.equal(lines.length, 1);
    const line = JSON.parse(lines[0] ?? "");
    assert.equal(line.source, "accelbyte.iam.account.v1");
    assert.equal(line.detail.data.namespace, "mygame");
  }));

Deno.test("Of client events those are archived that ARCHIVE_EVENTS names, and handlers get the others all the same", () =>
  withFolder(async (folder) => {
    const seen: string[] = [];
    const handler = on("clientEvents.*", ({ type }) => void seen.push(type));
    await using game = await startCapture({
      handlers: [handler],
      folder,
      config: {
        archiveEvents: ["clientEvents.buy"],
        archiveTransform: "moveClientId",
      },
    });
    await game.send("p1", entry("buy"), entry("sell"));
    await until(() => seen.length === 2);
    await game.service.drain();
    const objects = Object.values(await game.archived());
    assert.equal(objects.length, 1);
    const line = JSON.parse(objects[0]?.[0] ?? "");
    assert.deepEqual(line.resources, []);
    assert.equal(line.detail.accountNumber, "p1");
  }));
