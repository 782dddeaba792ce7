import assert from "node:assert/strict";
import { join } from "node:path";
import { AppError } from "../../lib/core/errors.ts";
import { on } from "../../lib/core/on.ts";
import type { EventType } from "../../lib/core/event.ts";
import { NotReadyError, type SourceDefinition } from "../../lib/core/source.ts";
import { startService } from "../../lib/service.ts";
import { SOURCES } from "../../lib/sources.ts";
import { testConfig } from "../_support/config.ts";
import { recordLog } from "../_support/log.ts";

const PROTO_FOLDER = join(import.meta.dirname ?? ".", "../../proto");

/** All that a source is: events come as the bodies of requests. */
const httpSource: SourceDefinition = {
  name: "http",
  openChannels: ["posted"],
  carries: (type) => type.startsWith("posted."),
  open({ app }) {
    const server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen() {},
    }, async (request) => {
      const name = new URL(request.url).pathname.slice(1);
      const { outcome } = await app.dispatch({
        type: `posted.${name}`,
        id: request.headers.get("id") ?? "",
        source: "http",
        data: await request.text(),
      }, { source: "http", controller: new AbortController() });
      return new Response(outcome);
    });
    return Promise.resolve({
      name: "http",
      endpoints: [{ label: "HTTP", value: `localhost:${server.addr.port}` }],
      port: server.addr.port,
      ready: () => Promise.reject(new NotReadyError("Door is shut")),
      drain: () => server.shutdown(),
      [Symbol.asyncDispose]: () => server.shutdown(),
    });
  },
};

const posted = (handle: (event: unknown) => void) =>
  on("posted.note" as EventType, handle);

function start(handle: (event: unknown) => void) {
  const log = recordLog();
  return startService({
    // The one line.
    sources: [...SOURCES, httpSource],
    config: testConfig({ sources: ["http"], shutdownGrace: 5_000 }),
    handlers: [posted(handle)],
    protoFolder: PROTO_FOLDER,
    log,
  });
}

Deno.test("A source is one definition, and one more in the list", async () => {
  const seen: unknown[] = [];
  await using service = await start((event) => seen.push(event));
  const url = `http://127.0.0.1:${service.portOf("http")}`;
  const send = async (name: string) => {
    const init = { method: "POST", body: "hello", headers: { id: "1" } };
    return await (await fetch(`${url}/${name}`, init)).text();
  };
  assert.equal(await send("note"), "handled");
  assert.equal(await send("note"), "duplicate");
  assert.equal(await send("other"), "rejected");
  assert.equal(seen.length, 1);
  const admin = `http://127.0.0.1:${service.metricsPort}`;
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  assert.match(
    metrics,
    /events_total\{type="posted\.note",source="http",outcome="handled"\} 1/,
  );
  const ready = await fetch(`${admin}/readyz`);
  assert.deepEqual([ready.status, await ready.text()], [503, "Door is shut\n"]);
  assert.throws(() => service.portOf("grpc"), RangeError);
  await service.stop();
});

Deno.test("A handler that no source calls is an error at start, which names the source that would", async () => {
  for (
    const [type, enabled, wanted] of [
      ["asyncMessaging.orders", "kafka", "grpc"],
      ["posted.note", "grpc", "http"],
      ["userAuthentication.userLoggedIn", "http", "grpc or kafka"],
      ["userAuthentication.*", "http", "grpc or kafka"],
    ]
  ) {
    await assert.rejects(
      startService({
        sources: [...SOURCES, httpSource],
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
