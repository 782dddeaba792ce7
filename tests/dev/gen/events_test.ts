import assert from "node:assert/strict";
import { EventServiceError } from "../../../dev/gen/event_text.ts";
import { ProtoSourceError } from "../../../dev/gen/proto_source.ts";
import { generate } from "./_fixtures.ts";

function proto(packageName: string, body: string): string {
  return `syntax = "proto3";\npackage ${packageName};\nimport "google/protobuf/empty.proto";\n${body}`;
}

function eventService(name: string, request: string): string {
  return `service ${name} { rpc OnMessage(${request}) returns (google.protobuf.Empty); }\n`;
}

async function generateEvents(
  files: Readonly<Record<string, string>>,
): Promise<string> {
  return (await generate(files)).get("events.ts") ?? "";
}

/** Event type to message type, as the generated map says. */
function entriesOf(text: string): Readonly<Record<string, string>> {
  const entries = text.matchAll(/readonly "([^"]+)":\s+([^;]+);/g);
  return Object.fromEntries(
    [...entries].map(([, type, message = ""]) => [
      type,
      message.replace(/\s+/g, " ").replace(/^\| /, ""),
    ]),
  );
}

Deno.test("each line of a properties file is an event type", async () => {
  const text = await generateEvents({
    "accelbyte-asyncapi/iam/account/v1/account.proto": proto(
      "accelbyte.iam.account.v1",
      `message In { string id = 1; } message Out { string id = 1; }
      ${eventService("InService", "In")} ${eventService("OutService", "Out")}`,
    ),
    "accelbyte-asyncapi/iam/account/v1/account.sc.properties":
      "# c\nuser.in = net.x.InService\nuser.out = net.x.OutService\n",
  });
  assert.deepEqual(entriesOf(text), {
    "user.in": "iamAccountV1Account.In",
    "user.out": "iamAccountV1Account.Out",
  });
  assert.match(
    text,
    /import type \* as iamAccountV1Account from "\.\/accelbyte-asyncapi\/iam\/account\/v1\/account\.ts";/,
  );
  assert.match(
    text,
    /\/\*\* `accelbyte\.iam\.account\.v1\.InService` in `accelbyte-asyncapi\/iam\/account\/v1\/account\.proto`\. \*\//,
  );
  assert.match(text, /export type EventType = keyof EventData;/);
});

Deno.test("a key that two packages use is a union and has two qualified types", async () => {
  const body = `message M { string id = 1; } ${eventService("MService", "M")}`;
  const text = await generateEvents({
    "a/a.proto": proto("accelbyte.matchmaking_v2.notification.v1", body),
    "a/a.sc.properties": "history.M = net.x.MService",
    "b/b.proto": proto("accelbyte.session.session.v1", body),
    "b/b.sc.properties": "history.M = net.x.MService",
  });
  assert.deepEqual(entriesOf(text), {
    "history.M": "aA.M | bB.M",
    "history.M@matchmaking_v2": "aA.M",
    "history.M@session": "bB.M",
  });
});

Deno.test("a key of messages that differ says that a handler names a qualified type", async () => {
  const body = (fields: string) =>
    `message M { ${fields} } ${eventService("MService", "M")}`;
  const text = await generateEvents({
    "a/a.proto": proto("accelbyte.a.b.v1", body("string id = 1;")),
    "a/a.sc.properties": "history.M = net.x.MService\nsame.M = net.x.MService",
    "b/b.proto": proto("accelbyte.b.b.v1", body("int64 id = 1;")),
    "b/b.sc.properties": "history.M = net.x.MService",
  });
  const notes = text.match(/Their messages differ: .*\s+readonly ".*"/g) ?? [];
  assert.equal(notes.length, 1);
  assert.match(notes[0] ?? "", /readonly "history\.M"$/);
});

Deno.test("gRPC's own protocols have no types", async () => {
  const files = await generate({
    "grpc/health/v1/health.proto": proto("grpc.health.v1", "message M {}"),
    "a.proto": proto("grpcs.v1", "message M {}"),
  });
  assert.deepEqual([...files.keys()].sort(), ["a.ts", "events.ts", "json.ts"]);
});

Deno.test("proto files without events make an empty map", async () => {
  const text = await generateEvents({
    "a.proto": proto("x", "message M { string id = 1; }"),
  });
  assert.deepEqual(entriesOf(text), {});
});

Deno.test("an event whose service does not exist has no type, and is listed with file and line", async () => {
  const text = await generateEvents({
    "a/a.proto": proto("x", `message M {} ${eventService("MService", "M")}`),
    "a/a.sc.properties": "# c\na.m = net.x.MService\na.n = net.x.NService\n",
  });
  assert.deepEqual(entriesOf(text), { "a.m": "aA.M" });
  assert.match(text, / \* - `a\.n`: `NService`, a\/a\.sc\.properties:3\n/);
});

Deno.test("a key whose last part comes twice has two parts, and its service may be the payload's", async () => {
  const text = await generateEvents({
    "a/a.proto": proto(
      "x",
      `message M {} ${eventService("GroupMadeMadePayloadService", "M")}
      ${eventService("GroupLeftLeftService", "M")}
      ${eventService("GroupLeftLeftPayloadService", "M")}
      ${eventService("OtherPayloadService", "M")}`,
    ),
    "a/a.sc.properties": `group.made.made = net.x.GroupMadeMadeService
group.left.left = net.x.GroupLeftLeftService
group.other = net.x.OtherService
`,
  });
  assert.deepEqual(entriesOf(text), {
    "group.made": "aA.M",
    "group.left": "aA.M",
  });
  assert.match(text, /`group\.other`: `OtherService`/);
});

Deno.test("a properties file without its proto file is an error", async () => {
  await assert.rejects(
    generateEvents({ "a/a.sc.properties": "a.m = net.x.MService\n" }),
    new ProtoSourceError(
      "Properties file a/a.sc.properties has no proto file: put a/a.proto beside it, or remove it",
    ),
  );
});

Deno.test("an event service with two methods is an error", async () => {
  await assert.rejects(
    generateEvents({
      "a.proto": proto(
        "x",
        `message M {} service MService {
          rpc A(M) returns (google.protobuf.Empty); rpc B(M) returns (google.protobuf.Empty); }`,
      ),
      "a.sc.properties": "a.m = net.x.MService\n",
    }),
    (error) => {
      assert(error instanceof EventServiceError);
      assert.match(
        error.message,
        /"MService" of event "a\.m" in a\.proto takes no event/,
      );
      return true;
    },
  );
});

Deno.test("a proto file that does not parse says file and line", async () => {
  await assert.rejects(
    generateEvents({
      "a/a.proto": 'syntax = "proto3";\nmessage M {\n  string = 1;\n}',
    }),
    (error) => {
      assert(error instanceof ProtoSourceError);
      assert.match(error.message, /^Cannot parse a\/a\.proto: .*line 3/);
      return true;
    },
  );
});

Deno.test("an import that is not there names importer and import", async () => {
  await assert.rejects(
    generateEvents({ "a.proto": proto("x", 'import "b.proto";') }),
    new ProtoSourceError(
      'Import "b.proto" of a.proto does not exist: put the file there, under the proto folder',
    ),
  );
});

Deno.test("a type that is not there is an error that names it", async () => {
  await assert.rejects(
    generateEvents({ "a.proto": proto("x", "message M { Missing m = 1; }") }),
    (error) => {
      assert(error instanceof ProtoSourceError);
      assert.match(error.message, /Missing/);
      return true;
    },
  );
});
