import assert from "node:assert/strict";
import type { DescMessage } from "@bufbuild/protobuf";
import fc from "fast-check";
import { sampleEvent } from "../../dev/sample.ts";
import type { Event } from "../../lib/core/event.ts";
import { decoderOf } from "../../lib/events/message_codec.ts";
import { readProtoFiles } from "../../lib/events/proto_files.ts";
import {
  EVERY_SERVICE,
  type Served,
  startEveryService,
} from "./_every_service.ts";
import { PROTO_FOLDER } from "./_fixture.ts";
import { call } from "./_grpc.ts";
import {
  SPECIFICATION,
  specifiedMessage,
  usualJsonName,
} from "../events/_specification.ts";
import {
  encode,
  type Newer,
  propertyOf,
  seenOf,
  type Value,
} from "../events/_specified_value.ts";
import { values } from "../events/_specified_values.ts";
import * as wire from "./_wire.ts";

const { root } = readProtoFiles(
  PROTO_FOLDER,
  SPECIFICATION.map(({ path }) => path),
);

/** What AGS has added to a message since: nothing, until newer files are put here. */
const newer: Newer = (message) => {
  const defaults = decoderOf(root.lookupType(message.typeName))(
    new Uint8Array(),
  );
  const known = new Set(message.fields.map(propertyOf));
  return Object.fromEntries(
    Object.entries(defaults).filter(([name]) => !known.has(name)),
  );
};

Deno.test("the proto files have every field, service and event that AGS specifies", () => {
  const [services, messages] = [new Set<string>(), new Set<string>()];
  for (const file of SPECIFICATION) {
    for (const { name, method, request, response } of file.services) {
      services.add(`${file.package}.${name}`);
      const found = root.lookupService(`${file.package}.${name}`);
      const { resolvedRequestType, resolvedResponseType } =
        found.methods[method] ?? assert.fail(`${name} has no ${method}`);
      const full = (type: string) =>
        type.includes(".") ? `.${type}` : `.${file.package}.${type}`;
      assert.deepEqual(
        [resolvedRequestType?.fullName, resolvedResponseType?.fullName],
        [full(request), full(response)],
      );
    }
    for (const [name, fields] of file.messages) {
      messages.add(`${file.package}.${name}`);
      const type = root.lookupType(`${file.package}.${name}`);
      for (const expected of fields) {
        const field = type.fields[expected.name];
        assert.deepEqual({
          number: field?.id,
          json: field?.options?.["json_name"] ?? usualJsonName(expected.name),
          oneof: field?.partOf?.name,
          deprecated: field?.options?.["deprecated"] ?? false,
        }, {
          number: expected.number,
          json: expected.json ?? usualJsonName(expected.name),
          oneof: expected.oneof,
          deprecated: expected.deprecated,
        }, `${name}.${expected.name}`);
      }
    }
  }
  assert.deepEqual([services.size, messages.size], [443, 1481]);
});

/** Chance is the same in a run of these tests; what fails says which it was. */
const SEED = crypto.getRandomValues(new Int32Array(1))[0]!;

/** Fields that no proto file has yet, one of each form. */
const LATER = wire.concat(
  wire.record(20_001, 0, wire.varint(-1)),
  wire.record(20_002, 1, wire.fixed64(1n)),
  wire.nested(20_003, wire.text("later")),
  wire.record(20_004, 3, wire.record(20_004, 4, new Uint8Array())),
  wire.record(20_005, 5, wire.fixed32(1)),
);

/** Calls a service with a value, and compares what the handler sees with it. */
async function assertArrives(
  { name, path, request, package: source, key }: Served,
  value: Value,
  deliver: (path: string, bytes: Uint8Array) => Promise<readonly Event[]>,
): Promise<void> {
  const events = await deliver(path, encode(request, value));
  const [event] = events;
  assert.equal(events.length, 1, name);
  assert.deepEqual(
    { service: name, seed: SEED, data: event?.data },
    { service: name, seed: SEED, data: seenOf(request, value, newer) },
  );
  assert.equal(event?.source, source);
  assert.equal(event?.type.replace(/@.*/, ""), key);
  for (
    const [attribute, property] of [
      ["subject", "userId"],
      ["time", "timestamp"],
      ["namespace", "namespace"],
    ] as const
  ) {
    // Only text that is not empty says anything.
    const sent = value[property];
    const expected = typeof sent === "string" && sent !== "" ? sent : undefined;
    assert.equal(event?.[attribute], expected, `${name} ${attribute}`);
  }
  if (value["id"]) assert.equal(event?.id, value["id"]);
  else assert.ok(event?.id);
}

Deno.test("every service takes its sample, and the handler sees exactly what was sent", async () => {
  const seen: Event[] = [];
  await using every = await startEveryService((event) => void seen.push(event));
  async function deliver(path: string, bytes: Uint8Array) {
    const { status, details, bytes: answer } = await call(
      every.client,
      path,
      bytes,
    );
    assert.equal(status, "OK", `${path}: ${details}`);
    assert.equal(answer?.length, 0);
    return seen.splice(0);
  }
  for (const served of EVERY_SERVICE) {
    const message = root.lookupType(served.request.typeName);
    const sample = sampleEvent(message, {
      type: served.key,
      namespace: "test-namespace",
    });
    await assertArrives(served, sample, deliver);
    await assertArrives(served, {}, deliver);
    const [any = {}] = fc.sample(values(served.request), {
      numRuns: 1,
      seed: SEED,
    });
    await assertArrives(served, any, deliver);
  }
  assert.equal(EVERY_SERVICE.length, 443);
});

Deno.test("any value of every message decodes to what was sent", () => {
  const messages: readonly DescMessage[] = SPECIFICATION.flatMap((file) =>
    [...file.messages.keys()].map((name) =>
      specifiedMessage(`${file.package}.${name}`)
    )
  );
  for (const message of messages) {
    const decode = decoderOf(root.lookupType(message.typeName));
    fc.assert(
      fc.property(values(message), (value) => {
        assert.deepEqual(
          decode(wire.concat(LATER, encode(message, value), LATER)),
          seenOf(message, value, newer),
        );
      }),
      { numRuns: 20, seed: SEED },
    );
  }
  assert.equal(messages.length, 1481);
});
