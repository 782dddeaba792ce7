/**
 * Rules of what a connector and an operator ask: reflection, health, probes, metrics.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  checkHealth,
  reflect,
  REFLECTION_VERSIONS,
  watchHealth,
} from "../grpc/_clients.ts";
import { DEFAULT_CLIENT_ID } from "../../dev/emulator/mod.ts";
import { call, connect } from "../grpc/_grpc.ts";
import { agsId, LOGGED_IN, PATHS } from "./_events.ts";
import { GRPCURL, testWithTool } from "./_tools.ts";
import { CLIENT_SECRET, rulesOf, startWorld, type Suite } from "./_world.ts";

const EVENT_SERVICES = Object.values(PATHS).map((path) =>
  path.split("/")[1] ?? ""
);
const SERVICES = [
  ...EVENT_SERVICES,
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
].sort();

/** Registers the rules. */
export function operatorRules(suite: Suite): void {
  Deno.test(`${suite.name}: connectors and operators`, async (test) => {
    await using world = await startWorld(suite);
    const { channel, emulator, target, send } = world;
    const rule = rulesOf(test, world);

    for (const version of REFLECTION_VERSIONS) {
      await rule(
        `reflection ${version} lists what is served before the first event`,
        async () => {
          assert.equal(emulator.journal.counters.requests, 0);
          const conversation = reflect(channel.client, version);
          const answer = await conversation.ask({ list_services: "" });
          assert.deepEqual(
            answer.list_services_response?.service.map(({ name }) => name),
            SERVICES,
          );
          for (const service of EVENT_SERVICES) {
            const { file_descriptor_response } = await conversation.ask({
              file_containing_symbol: `${service}.OnMessage`,
            });
            // The file itself, and google.protobuf.Empty.
            assert.equal(
              file_descriptor_response?.file_descriptor_proto.length,
              2,
            );
          }
          conversation.end();
          assert.equal(await conversation.ended, "OK");
        },
      );
    }

    await rule(
      "health says SERVING for the service as a whole and for each of its parts",
      async () => {
        for (const service of [undefined, "", ...EVENT_SERVICES]) {
          assert.equal(await checkHealth(channel.client, service), "SERVING");
        }
      },
    );

    await rule("health does not know what is not served", async () => {
      const service = "accelbyte.none.v1.Service";
      assert.equal(await checkHealth(channel.client, service), "NOT_FOUND");
      const watch = watchHealth(channel.client, service);
      assert.deepEqual(await watch.next(), { status: "SERVICE_UNKNOWN" });
      watch.cancel();
      assert.equal(await watch.ended, "CANCELLED");
    });

    const ask = async (path: string) => {
      const at = `http://127.0.0.1:${target.metricsPort}${path}`;
      const response = await fetch(at);
      return { status: response.status, body: await response.text() };
    };

    await rule("/livez and /readyz say 200 while AGS answers", async () => {
      for (const path of ["/livez", "/readyz"]) {
        assert.deepEqual(await ask(path), { status: 200, body: "ok\n" });
      }
    });

    await rule(
      "/metrics has figures of the process, calls, events and AGS in Prometheus's format",
      async () => {
        const userId = agsId();
        await send({ userId });
        const { status, body } = await ask("/metrics");
        const [service = ""] = EVENT_SERVICES;
        for (
          const [series, value] of [
            [
              'grpc_server_handled_total{grpc_type="unary",' +
              `grpc_service="${service}",grpc_method="OnMessage",grpc_code="OK"}`,
              1,
            ],
            [
              'grpc_server_handled_total{grpc_type="unknown",' +
              'grpc_service="unknown",grpc_method="unknown",grpc_code="Unimplemented"}',
              0,
            ],
            [
              `events_total{type="${LOGGED_IN}",source="grpc",outcome="handled"}`,
              1,
            ],
            [`event_failures_total{type="${LOGGED_IN}",reason="bug"}`, 0],
            ['ags_token_refreshes_total{result="success"}', 1],
            ["ags_breaker_state", 0],
            ["events_in_flight", 0],
          ] as const
        ) {
          assert.ok(
            body.split("\n").includes(`${series} ${value}`),
            `${series} is not ${value}: ${body}`,
          );
        }
        for (const hidden of [userId, emulator.namespace, CLIENT_SECRET]) {
          assert.ok(!body.includes(hidden), `${hidden} is shown: ${body}`);
        }
        assert.equal(status, 200);
        assert.match(body, /^process_cpu_seconds_total \d/m);
        for (const line of body.trimEnd().split("\n")) {
          assert.match(
            line,
            /^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? \S+( \d+)?)?$/,
          );
        }
      },
    );

    await rule("what is not there is answered 404", async () => {
      assert.equal((await ask("/")).status, 404);
    });

    await rule("callers on IPv6 and IPv4 are answered", async () => {
      for (const hostname of ["127.0.0.1", "[::1]"]) {
        await using other = connect(target.grpcPort, hostname);
        assert.equal(await checkHealth(other.client), "SERVING");
      }
    });
  });

  testWithTool(
    `${suite.name}: grpcurl finds the methods and calls one`,
    GRPCURL,
    async ({ command }) => {
      await using world = await startWorld(suite);
      const { target, grants } = world;
      const address = `127.0.0.1:${target.grpcPort}`;
      const run = async (...args: readonly string[]) => {
        const { code, stdout, stderr } = await new Deno.Command(command, {
          args: ["-plaintext", "-max-time", "20", ...args],
        }).output();
        const text = new TextDecoder();
        assert.equal(code, 0, text.decode(stderr));
        return text.decode(stdout).trim();
      };
      assert.deepEqual((await run(address, "list")).split("\n"), SERVICES);
      const [service = ""] = EVENT_SERVICES;
      assert.match(
        await run(address, "describe", service),
        /rpc OnMessage \( \.accelbyte\.iam\.account\.v1\.\w+ \) returns \( \.google\.protobuf\.Empty \);/,
      );
      const userId = agsId();
      const data = JSON.stringify({
        id: agsId(),
        namespace: world.emulator.namespace,
        userId,
        payload: { userAuthentication: { refresh: false } },
      });
      assert.equal(
        await run("-d", data, address, `${service}/OnMessage`),
        "{}",
      );
      assert.equal(grants(userId), 1);
      assert.match(
        await run(address, "grpc.health.v1.Health/Check"),
        /"SERVING"/,
      );
    },
  );

  Deno.test(`${suite.name}: with GRPC_AUTH=iam, events need a token of IAM, and probes none`, async () => {
    await using world = await startWorld(suite, { env: { GRPC_AUTH: "iam" } });
    const { emulator, channel, send, grants, target } = world;
    const userId = agsId();
    assert.equal((await send({ userId })).status, "UNAUTHENTICATED");
    assert.equal(grants(userId), 0);
    const record = await target.logged(({ code }) =>
      code === "UNAUTHENTICATED"
    );
    assert.equal(record["level"], "warn");
    const health = await call(channel.client, "/grpc.health.v1.Health/Check");
    assert.equal(health.status, "OK");
    const login = await fetch(`${emulator.url}/iam/v3/oauth/token`, {
      method: "POST",
      headers: {
        authorization: `Basic ${btoa(`${DEFAULT_CLIENT_ID}:${CLIENT_SECRET}`)}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: "grant_type=client_credentials",
    });
    const { access_token: token } = await login.json();
    const headers = { authorization: `Bearer ${token}` };
    assert.equal((await send({ userId, headers })).status, "OK");
    assert.equal(grants(userId), 1);
  });
}
