import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readFacts } from "../../../dev/gen/facts.ts";
import { defaultJsonName, protoPath } from "../../../dev/gen/proto_text.ts";
import { protoFiles } from "../../../dev/gen/protos.ts";
import { readProtoFiles } from "../../../dev/gen/proto_source.ts";
import { typeFiles } from "../../../dev/gen/types.ts";
import { makeFolder } from "./_fixtures.ts";

const FACTS = fileURLToPath(
  new URL("../../../../shared/ags-events.json", import.meta.url),
);

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

const ignore = !exists(FACTS);
const reason = ignore
  ? " (ignored: no ../shared/ags-events.json beside the repository)"
  : "";

Deno.test({
  name: `all AGS specification files come back as the facts say${reason}`,
  ignore,
  async fn() {
    const facts = await readFacts(FACTS);
    await using folder = await makeFolder(
      Object.fromEntries(protoFiles(facts)),
    );
    const files = await readProtoFiles(folder.path);
    assert.equal(files.length, facts.length);
    for (const expected of facts) {
      const file = files.find(({ path }) => path === protoPath(expected.file));
      assert(file !== undefined);
      assert.equal(file.package, expected.package);
      assert.deepEqual(
        Object.fromEntries(file.messages.map((message) => [
          message.name,
          message.fieldsArray.map((field) => ({
            number: field.id,
            type: field.map
              ? `map<string, ${field.type}>`
              : field.repeated
              ? `repeated ${field.type}`
              : field.type,
            json: field.options?.["json_name"] ?? defaultJsonName(field.name),
            deprecated: field.options?.["deprecated"] ?? false,
            oneof: field.partOf?.name,
          })),
        ])),
        Object.fromEntries(
          Object.entries(expected.messages).map(([name, fields]) => [
            name,
            fields.map(([name, number, type, extras]) => ({
              number,
              type,
              json: extras?.json ?? defaultJsonName(name),
              deprecated: extras?.deprecated ?? false,
              oneof: extras?.oneof,
            })),
          ]),
        ),
      );
      assert.deepEqual(
        file.services.flatMap(({ name, methodsArray }) =>
          methodsArray.map((method) => [
            name,
            method.name,
            method.requestType,
            method.responseType,
            file.events.filter(({ serviceName }) => serviceName === name)
              .map(({ key }) => key),
          ])
        ),
        Object.entries(expected.services).map(([name, service]) => [
          name,
          service.method,
          service.request,
          service.response,
          service.events,
        ]),
      );
    }
  },
});

Deno.test({
  name: `all AGS events have a type, shared keys three${reason}`,
  ignore,
  async fn() {
    const facts = await readFacts(FACTS);
    await using folder = await makeFolder(
      Object.fromEntries(protoFiles(facts)),
    );
    const events = (await typeFiles(folder.path)).get("events.ts") ?? "";
    const types = [...events.matchAll(/readonly "([^"]+)":/g)].map(([, type]) =>
      type
    );
    const keys = facts.flatMap(({ services }) =>
      Object.values(services).flatMap(({ events }) => events)
    );
    const shared = keys.filter((key, index) => keys.indexOf(key) !== index);
    assert.deepEqual(
      types.toSorted(),
      [
        ...new Set(keys),
        ...shared.flatMap((key) => [`${key}@matchmaking_v2`, `${key}@session`]),
      ].sort(),
    );
    assert.equal(shared.length, 4);
  },
});
