/**
 * Rules of events: which are handled, which are not, and what each is answered.
 *
 * @module
 */

import assert from "node:assert/strict";
import { call } from "../grpc/_grpc.ts";
import * as wire from "../grpc/_wire.ts";
import {
  agsId,
  eventBytes,
  LOGGED_IN,
  PATHS,
  THIRD_PARTY_LOGGED_IN,
} from "./_events.ts";
import { rulesOf, startWorld, type Suite } from "./_world.ts";

/** Registers the rules. */
export function eventRules(suite: Suite): void {
  Deno.test(`${suite.name}: events`, async (test) => {
    await using world = await startWorld(suite);
    const { channel, emulator, target, send, grants } = world;
    const rule = rulesOf(test, world);
    const { journal, namespace } = emulator;

    for (const type of [LOGGED_IN, THIRD_PARTY_LOGGED_IN] as const) {
      await rule(
        `${type} grants the item exactly once and is answered OK`,
        async () => {
          const userId = agsId();
          const { status, bytes } = await send({ type, userId });
          assert.equal(status, "OK");
          assert.equal(bytes?.length, 0, "google.protobuf.Empty");
          assert.equal(grants(userId), 1);
        },
      );

      await rule(
        `${type} of a session that is renewed grants, too`,
        async () => {
          const userId = agsId();
          const { status } = await send({ type, userId, isRefresh: true });
          assert.equal(status, "OK");
          assert.equal(grants(userId), 1);
        },
      );
    }

    await rule("an event of another namespace is skipped", async () => {
      const before = journal.counters.requests;
      const { status } = await send({ namespace: "somebody-elses" });
      assert.equal(status, "OK");
      assert.equal(journal.counters.requests, before);
    });

    await rule(
      "bytes that are no such event are answered INVALID_ARGUMENT, and the log says so",
      async () => {
        const before = journal.counters.requests;
        const { status, details } = await send({
          bytes: new Uint8Array([0x0a, 0xff]),
        });
        assert.equal(status, "INVALID_ARGUMENT");
        assert.doesNotMatch(details, /decode|offset|range/);
        assert.equal(journal.counters.requests, before);
        const { level, eventType, error } = await target.logged((record) =>
          record["outcome"] === "rejected"
        );
        assert.deepEqual([level, eventType], ["error", LOGGED_IN]);
        assert.match(
          JSON.stringify(error),
          /does not decode as the message of/,
        );
      },
    );

    await rule(
      "an event that is cut off is answered INVALID_ARGUMENT",
      async () => {
        const whole = eventBytes(namespace);
        const bytes = whole.subarray(0, whole.length - 3);
        assert.equal((await send({ bytes })).status, "INVALID_ARGUMENT");
      },
    );

    await rule(
      "an event without a user is answered INVALID_ARGUMENT, and grants nothing",
      async () => {
        const before = journal.counters.grants;
        const id = agsId();
        const { status } = await send({ userId: "", id });
        assert.equal(status, "INVALID_ARGUMENT");
        assert.equal(journal.counters.grants, before);
        const { outcome } = await target.logged(({ eventId }) =>
          eventId === id
        );
        assert.equal(outcome, "rejected");
      },
    );

    await rule(
      "a number that comes as bytes is an unknown field: nothing in it counts",
      async () => {
        const evil = agsId();
        for (
          const inside of [
            wire.record(9, 2, wire.text(evil)),
            wire.record(5, 2, wire.text("somebody-elses")),
          ]
        ) {
          const userId = agsId();
          const bytes = wire.concat(
            eventBytes(namespace, { userId }),
            // `version`, an int64; 9 is the user, 5 the namespace.
            wire.nested(3, inside),
          );
          assert.equal((await send({ bytes })).status, "OK");
          assert.equal(grants(userId), 1);
        }
        assert.equal(grants(evil), 0);
      },
    );

    await rule("a user id can not change which API is called", async () => {
      const before = journal.requests().at(-1)?.seq ?? 0;
      for (const userId of ["..", "a/../../b", "a?b=c", "a#b", "%2e%2e"]) {
        await send({ userId });
      }
      const requests = journal.requests(before);
      assert.equal(requests.length, 4, "all but the one of dots only");
      for (const { method, path } of requests) {
        assert.match(
          `${method} ${path}`,
          /^POST \/platform\/admin\/namespaces\/[^/]+\/users\/[^/]+\/fulfillment$/,
        );
      }
    });

    await rule(
      "an event of 5 MB is answered RESOURCE_EXHAUSTED, and the next one is handled",
      async () => {
        const bytes = new Uint8Array(5 * 1024 * 1024);
        assert.equal((await send({ bytes })).status, "RESOURCE_EXHAUSTED");
        const userId = agsId();
        assert.equal((await send({ userId })).status, "OK");
        assert.equal(grants(userId), 1);
      },
    );

    await rule(
      "a method that is not served is answered UNIMPLEMENTED",
      async () => {
        for (
          const path of [
            "/none.v1.Service/OnMessage",
            PATHS[LOGGED_IN].replace("OnMessage", "Other"),
            PATHS[LOGGED_IN].replace("LoggedIn", "LoggedOut"),
          ]
        ) {
          const { status } = await call(channel.client, path);
          assert.equal(status, "UNIMPLEMENTED", path);
        }
      },
    );

    await rule(
      "a method that is served is never answered UNIMPLEMENTED",
      async () => {
        const messages = [
          new Uint8Array(),
          new Uint8Array([0]),
          new Uint8Array(1_000).fill(0xff),
          eventBytes(namespace),
          eventBytes("somebody-elses"),
        ];
        for (const path of Object.values(PATHS)) {
          for (const bytes of messages) {
            const { status } = await call(channel.client, path, bytes);
            assert.match(status, /^(OK|INVALID_ARGUMENT)$/);
          }
        }
      },
    );

    await rule(
      "each event is one log record, with its type, id, outcome and duration",
      async () => {
        const id = agsId();
        await send({ id });
        const record = await target.logged(({ eventId }) => eventId === id);
        const { time, durationMs, ...rest } = record;
        assert.ok(!Number.isNaN(Date.parse(String(time))));
        assert.equal(typeof durationMs, "number");
        const { level, message, eventType, eventId, outcome, source } = rest;
        assert.deepEqual(
          { level, message, eventType, eventId, outcome, source },
          {
            level: "info",
            message: "Event handled",
            eventType: LOGGED_IN,
            eventId: id,
            outcome: "handled",
            source: "grpc",
          },
        );
      },
    );

    await rule("everything on standard output is a JSON object a line", () => {
      assert.ok(target.stdout.length > 10);
      for (const line of target.stdout) {
        const record: unknown = JSON.parse(line);
        assert.ok(typeof record === "object" && record !== null, line);
      }
      return Promise.resolve();
    });
  });

  Deno.test(`${suite.name}: payloads are logged at debug alone, without what identifies a person`, async () => {
    await using world = await startWorld(suite, {
      env: { LOG_LEVEL: "info,events=debug" },
    });
    const userId = agsId();
    await world.send({ userId });
    const { level, logCategory, data } = await world.target.logged((record) =>
      record["message"] === "Event received"
    );
    assert.deepEqual([level, logCategory], ["debug", "events"]);
    const text = JSON.stringify(data);
    assert.match(text, new RegExp(userId));
    assert.match(text, /"emailAddress":"\[redacted\]"/);
    assert.doesNotMatch(text, /@/);
  });

  Deno.test(`${suite.name}: of a payload the log has only what is known to be harmless, whatever stands in its fields`, async () => {
    await using world = await startWorld(suite, {
      env: { LOG_LEVEL: "debug" },
    });
    const userId = agsId();
    const personal = [
      "jane@exämple.test",
      "jane%40example.test",
      "jane@[192.0.2.1]",
      "jane@localhost",
      "+49 171 1234567",
      "192.0.2.77",
      "76561198000000001",
      "76561198000000002",
      "Jane Doe",
      "Atlantis",
    ];
    const fields = [
      "payload.userAccount.emailAddress",
      "payload.userAccount.userName",
      "payload.userAccount.displayName",
      "payload.userAccount.country",
      "payload.userAccount.platformId",
      "payload.loginLocation.city",
      "payload.userAuthentication.platformUserId",
      "payload.userAuthentication.simultaneousPlatformUserId",
      "payload.loginLocation.state",
      "payload.loginLocation.country",
    ];
    await world.send({
      userId,
      type: THIRD_PARTY_LOGGED_IN,
      sets: fields.map((field, i) => `${field}=${personal[i]}`),
    });
    const record = await world.target.logged(({ message }) =>
      message === "Event received"
    );
    const text = JSON.stringify(record["data"]);
    for (const value of [userId, world.emulator.namespace]) {
      assert.ok(text.includes(value), `${value} is in ${text}`);
    }
    for (const each of personal) {
      for (const line of world.target.stdout) {
        assert.ok(!line.includes(each), `${each} is in ${line}`);
      }
    }
  });
}
