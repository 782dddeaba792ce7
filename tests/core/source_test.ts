import assert from "node:assert/strict";
import { join } from "node:path";
import { ConfigError } from "../../lib/config/parse.ts";
import { parseConfig } from "../../lib/config/table.ts";
import { AppError } from "../../lib/core/errors.ts";
import { on } from "../../lib/core/on.ts";
import type { EventType } from "../../lib/core/event.ts";
import { startService } from "../../lib/service.ts";
import { SOURCES } from "../../lib/sources.ts";
import { REQUIRED_VARIABLES, testConfig } from "../_support/config.ts";
import { recordLog } from "../_support/log.ts";
import { postedSource } from "./_posted/definition.ts";

const PROTO_FOLDER = join(import.meta.dirname ?? ".", "../../proto");

const WITH_POSTED = [
  ...SOURCES,
  // The one line.
  postedSource,
];

const posted = (handle: (event: unknown) => void) =>
  on("posted.note" as EventType, handle);

function configOf(variables: Readonly<Record<string, string>>) {
  const env = { ...REQUIRED_VARIABLES, ...variables };
  return parseConfig(env, {}, WITH_POSTED).config;
}

function start(handle: (event: unknown) => void) {
  const log = recordLog();
  const own = configOf({ SOURCES: "posted", POSTED_STATUS: "202" });
  return startService({
    sources: WITH_POSTED,
    config: testConfig({
      ...own,
      metricsPort: 0,
      deadLetter: "log",
      shutdownGrace: 5_000,
    }),
    handlers: [posted(handle)],
    protoFolder: PROTO_FOLDER,
    log,
  });
}

Deno.test("A source is one definition, and one more in the list", async () => {
  const seen: unknown[] = [];
  await using service = await start((event) => seen.push(event));
  const url = `http://127.0.0.1:${service.portOf("posted")}`;
  const send = async (name: string) => {
    const init = { method: "POST", body: "hello", headers: { id: "1" } };
    const response = await fetch(`${url}/${name}`, init);
    return `${response.status} ${await response.text()}`;
  };
  assert.equal(await send("note"), "202 handled");
  assert.equal(await send("note"), "409 duplicate");
  assert.equal(await send("other"), "409 rejected");
  assert.equal(seen.length, 1);
  const admin = `http://127.0.0.1:${service.metricsPort}`;
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  assert.match(
    metrics,
    /events_total\{type="posted\.note",source="posted",outcome="handled"\} 1/,
  );
  const ready = await fetch(`${admin}/readyz`);
  assert.deepEqual([ready.status, await ready.text()], [503, "Door is shut\n"]);
  assert.throws(() => service.portOf("grpc"), RangeError);
  await service.stop();
});

Deno.test("A source's own settings are checked with all others", () => {
  assert.throws(
    () => configOf({ POSTED_STATUS: "404", GRPC_PORT: "x" }),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(error.problems.length, 2);
      assert.match(error.problems.join(), /POSTED_STATUS is invalid/);
      return true;
    },
  );
});

Deno.test("A handler that no source calls is an error at start, which names the source that would", async () => {
  for (
    const [type, enabled, wanted] of [
      ["asyncMessaging.orders", "kafka", "grpc"],
      ["posted.note", "grpc", "posted"],
      ["userAuthentication.userLoggedIn", "posted", "grpc or kafka"],
      ["userAuthentication.*", "posted", "grpc or kafka"],
    ]
  ) {
    await assert.rejects(
      startService({
        sources: WITH_POSTED,
        config: testConfig({
          sources: [enabled ?? ""],
          kafkaBrokers: ["127.0.0.1:1"],
        }),
        handlers: [on(type as EventType, () => {})],
        protoFolder: PROTO_FOLDER,
        log: recordLog(),
      }),
      (error) => {
        assert.ok(error instanceof AppError, String(error));
        assert.ok(
          error.message.endsWith(
            `No enabled source carries "${type}": expected SOURCES with ${wanted}`,
          ),
          error.message,
        );
        return true;
      },
    );
  }
});
