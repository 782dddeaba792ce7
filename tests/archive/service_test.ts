/**
 * The whole service with an archive.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { sleep } from "../../lib/core/async.ts";
import type { Config } from "../../lib/core/config.ts";
import type { Handler } from "../../lib/core/on.ts";
import { on, RetryableError } from "../../mod.ts";
import { agsId, LOGGED_IN } from "../conformance/_events.ts";
import { startTracedService } from "../telemetry/_traced_service.ts";
import { startCollector } from "../telemetry/_zipkin_collector.ts";
import { archivedIn } from "./_archived.ts";

interface Scene {
  readonly folder: string;
  readonly config: Partial<Config>;
}

async function inFolder(use: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use({
      folder: join(folder, "archive"),
      config: {
        inbox: `file:${folder}/inbox` as Config["inbox"],
        archive: `file:${folder}/archive`,
        archiveEvents: ["userAuthentication.*"],
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function start({ config }: Scene, handlers: readonly Handler[]) {
  return startTracedService({ config, handlers });
}

Deno.test("an event is in the archive once, however often its handler fails", () =>
  inFolder(async (scene) => {
    let failures = 2;
    const handler = on(LOGGED_IN, () => {
      if (failures-- > 0) throw new RetryableError("later");
    });
    const id = agsId();
    {
      await using traced = await start(scene, [handler]);
      for (const status of ["UNAVAILABLE", "UNAVAILABLE", "OK", "OK"]) {
        assert.equal(await traced.send({}, { id }), status);
      }
      await traced.service.stop();
    }
    const lines = await archivedIn(scene.folder);
    assert.equal(lines.length, 1);
    const [{ folder, event }] = lines as [(typeof lines)[number]];
    assert.equal(folder, `${LOGGED_IN}/1/`);
    assert.equal(event.id, id);
    assert.equal(event.source, "accelbyte.iam.account.v1");
    const { eventType, data } = event.detail as Record<string, unknown>;
    assert.equal(eventType, LOGGED_IN);
    assert.ok((data as { payload?: unknown }).payload !== undefined);
  }));

Deno.test("an event that no handler takes is served for the archive alone", () =>
  inFolder(async (scene) => {
    {
      await using traced = await start(scene, []);
      assert.ok(traced.service.types.includes(LOGGED_IN));
      assert.equal(await traced.send(), "OK");
      await traced.service.stop();
    }
    assert.equal((await archivedIn(scene.folder)).length, 1);
  }));

Deno.test("an event whose place in the inbox is missing is answered UNAVAILABLE, and handled once", () =>
  inFolder(async (scene) => {
    let runs = 0;
    const handler = on(LOGGED_IN, () => void runs++);
    await using traced = await start({
      ...scene,
      config: { ...scene.config, inboxMaxBytes: 1 },
    }, [handler]);
    const id = agsId();
    assert.equal(await traced.send({}, { id }), "UNAVAILABLE");
    assert.equal(await traced.send({}, { id }), "UNAVAILABLE");
    assert.equal(runs, 1);
  }));

Deno.test("what was written down before a crash is archived after it, and not written again", () =>
  inFolder(async (scene) => {
    const id = agsId();
    {
      await using traced = await start(scene, []);
      assert.equal(await traced.send({}, { id }), "OK");
      // Ends without draining: nothing is archived.
    }
    assert.equal((await archivedIn(scene.folder)).length, 0);
    {
      await using traced = await start(scene, []);
      assert.equal(await traced.send({}, { id }), "OK");
      await traced.service.stop();
    }
    const ids = (await archivedIn(scene.folder)).map(({ event }) => event.id);
    assert.deepEqual(ids, [id]);
  }));

Deno.test("an archive that cannot be written keeps events, says so, and does not stop others", () =>
  inFolder(async (scene) => {
    await Deno.writeTextFile(scene.folder, "in the way");
    const config = { ...scene.config, archiveFlushBytes: 1 };
    {
      await using traced = await start({ ...scene, config }, []);
      assert.equal(await traced.send(), "OK");
      const isTold = () =>
        traced.log.lines.some(({ message }) =>
          message.startsWith("Events could not be archived")
        );
      while (!isTold()) await sleep(5);
    }
    await Deno.remove(scene.folder);
    {
      await using traced = await start(scene, []);
      await traced.service.stop();
    }
    assert.equal((await archivedIn(scene.folder)).length, 1);
  }));

Deno.test("each flush has a span and is counted", () =>
  inFolder(async (scene) => {
    await using collector = startCollector();
    const config = {
      ...scene.config,
      otelZipkinEndpoint: collector.url,
      archiveFlushBytes: 1,
    };
    await using traced = await start({ ...scene, config }, []);
    await traced.send();
    const { metricsPort } = traced.service;
    let text = "";
    while (!/archive_events_total\{result="archived"\} 1\n/.test(text)) {
      const response = await fetch(`http://127.0.0.1:${metricsPort}/metrics`);
      text = await response.text();
    }
    assert.match(text, /archive_objects_total 1\n/);
    assert.match(text, /archive_failures_total 0\n/);
    await traced.service.stop();
    const [span] = collector.spans.filter(({ name }) => name === "archive");
    assert.equal(span?.tags["archive.events"], "1");
    assert.equal(span?.tags["archive.objects"], "1");
    assert.ok(Number(span?.tags["archive.bytes"]) > 100);
  }));
