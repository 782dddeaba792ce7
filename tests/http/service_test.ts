/**
 * The whole service with a source that is called over HTTP.
 */

import assert from "node:assert/strict";
import type { SourceDefinition } from "../../lib/core/source.ts";
import { grpcSource } from "../../lib/grpc/definition.ts";
import { startService } from "../../lib/service.ts";
import { testConfig } from "../_support/config.ts";
import { recordLog } from "../_support/log.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";

/** A source that answers with its name, and how it was told to drain. */
function httpSource(
  name: string,
): SourceDefinition & { readonly ports: number[] } {
  const ports: number[] = [];
  return {
    name,
    ports,
    carries: () => false,
    async open({ http }) {
      const routes = await http();
      ports.push(routes.port);
      routes.add({
        method: "GET",
        path: `/${name}`,
        handle: () => Promise.resolve({ status: 200, body: name }),
      });
      return {
        name,
        endpoints: [],
        port: routes.port,
        ready: () => Promise.resolve(),
        drain: () => Promise.resolve(),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  };
}

function start(enabled: string[], sources: SourceDefinition[]) {
  return startService({
    config: testConfig({ sources: enabled }),
    handlers: [],
    protoFolder: PROTO_FOLDER,
    log: recordLog(),
    sources,
  });
}

Deno.test("sources that are called over HTTP share one port, which the service closes", async () => {
  const one = httpSource("one");
  const two = httpSource("two");
  const service = await start(["one", "two"], [one, two]);
  const port = service.portOf("one");
  try {
    assert.equal(service.portOf("two"), port);
    for (const name of ["one", "two"]) {
      const response = await fetch(`http://127.0.0.1:${port}/${name}`);
      assert.equal(await response.text(), name);
    }
    const metrics = await fetch(
      `http://127.0.0.1:${service.metricsPort}/metrics`,
    );
    assert.match(
      await metrics.text(),
      /http_server_request_duration_seconds_count\{http_request_method="GET",http_route="\/one",http_response_status_code="200"\} 1/,
    );
  } finally {
    await service.stop();
  }
  await assert.rejects(fetch(`http://127.0.0.1:${port}/one`));
});

Deno.test("without a source that asks for it, no public port is opened", async () => {
  const source = httpSource("one");
  await using service = await start(["grpc"], [grpcSource, source]);
  assert.deepEqual(source.ports, []);
  const metrics = await fetch(
    `http://127.0.0.1:${service.metricsPort}/metrics`,
  );
  assert.doesNotMatch(await metrics.text(), /http_server_/);
});
