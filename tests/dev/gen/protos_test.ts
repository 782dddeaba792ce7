import assert from "node:assert/strict";
import type { FileFacts } from "../../../dev/gen/facts.ts";
import { protoFiles } from "../../../dev/gen/protos.ts";
import { defaultJsonName, protoText } from "../../../dev/gen/proto_text.ts";

const EMPTY = "google.protobuf.Empty";

const FACTS: FileFacts = {
  file: "accelbyte/iam/account/v1/account.proto",
  package: "accelbyte.iam.account.v1",
  imports: [
    "google/protobuf/any.proto",
    "google/protobuf/empty.proto",
    "google/protobuf/struct.proto",
  ],
  options: {
    java_multiple_files: true,
    java_package: "net.accelbyte.iam.account",
  },
  messages: {
    Login: [
      ["user_id", 1, "string", { json: "userId" }],
      ["sched_action", 3, "int64", { json: "SchedAction", deprecated: true }],
      ["tags", 7, "repeated string", { json: "tags" }],
      ["custom", 8, "map<string, google.protobuf.ListValue>"],
      ["note", 9, "string", { optional: true }],
    ],
    Publish: [
      ["variant0", 1, "Login", { oneof: "payload" }],
      ["variant1", 2, "Nothing", { oneof: "payload" }],
      ["id", 3, "string"],
      ["other", 4, "bool", { oneof: "more" }],
    ],
    Nothing: [],
  },
  services: {
    UserLoginService: {
      method: "OnMessage",
      request: "Login",
      response: EMPTY,
      events: ["user.login"],
    },
    NoEventService: {
      method: "onMessage",
      request: "Nothing",
      response: EMPTY,
      events: [],
    },
  },
};

Deno.test("protoText() writes every fact", () => {
  assert.equal(
    protoText(FACTS).split("\n").slice(3).join("\n"),
    `
syntax = "proto3";

package accelbyte.iam.account.v1;

import "google/protobuf/empty.proto";
import "google/protobuf/struct.proto";

option java_multiple_files = true;
option java_package = "net.accelbyte.iam.account";

// Event user.login.
service UserLoginService {
  rpc OnMessage(Login) returns (google.protobuf.Empty);
}

service NoEventService {
  rpc onMessage(Nothing) returns (google.protobuf.Empty);
}

message Login {
  string user_id = 1;
  int64 sched_action = 3 [json_name = "SchedAction", deprecated = true];
  repeated string tags = 7;
  map<string, google.protobuf.ListValue> custom = 8;
  optional string note = 9;
}

message Publish {
  oneof payload {
    Login variant0 = 1;
    Nothing variant1 = 2;
  }
  string id = 3;
  oneof more {
    bool other = 4;
  }
}

message Nothing {}
`,
  );
});

Deno.test("protoText() says what the file is and what wrote it", () => {
  const [first, second] = protoText(FACTS).split("\n");
  assert.match(first ?? "", /^\/\/ .*event contract.*AGS/);
  assert.match(second ?? "", /dev\/gen\/protos\.ts/);
});

Deno.test("protoText() refuses a oneof whose fields are apart", () => {
  assert.throws(
    () =>
      protoText({
        ...FACTS,
        messages: {
          ...FACTS.messages,
          Publish: [
            ["a", 1, "string", { oneof: "payload" }],
            ["b", 2, "string"],
            ["c", 3, "string", { oneof: "payload" }],
          ],
        },
      }),
    /Fields of oneof "payload" in message "Publish" are not in one run/,
  );
});

Deno.test("protoText() refuses a Google type whose file it does not know", () => {
  assert.throws(
    () =>
      protoText({
        ...FACTS,
        messages: { Login: [["a", 1, "google.protobuf.Api"]], Nothing: [] },
      }),
    /Type "google\.protobuf\.Api" in accelbyte\/iam\/account\/v1\/account\.proto is not known/,
  );
});

Deno.test("protoFiles() puts a line for each event into both properties files", () => {
  const files = protoFiles([FACTS]);
  const stem = "accelbyte-asyncapi/iam/account/v1/account";
  assert.deepEqual([...files.keys()], [
    `${stem}.proto`,
    `${stem}.sc.properties`,
    `${stem}.mc.properties`,
  ]);
  assert.match(
    files.get(`${stem}.sc.properties`) ?? "",
    /^# .+\nuser\.login = net\.accelbyte\.iam\.account\.UserLoginService\n$/,
  );
  assert.match(
    files.get(`${stem}.mc.properties`) ?? "",
    /^# .+\nuser\.login = net\.accelbyte\.iam\.account\.Login\n$/,
  );
});

Deno.test("protoFiles() writes no properties for a file without events", () => {
  const { NoEventService } = FACTS.services;
  assert(NoEventService !== undefined);
  const files = protoFiles([{ ...FACTS, services: { NoEventService } }]);
  assert.deepEqual([...files.keys()], [
    "accelbyte-asyncapi/iam/account/v1/account.proto",
  ]);
});

Deno.test("protoFiles() wants a Java package for events", () => {
  assert.throws(
    () => protoFiles([{ ...FACTS, options: {} }]),
    /has events but no option java_package/,
  );
});

Deno.test.each([
  ["user_id", "userId"],
  ["user_i_ds", "userIDs"],
  ["status_v2", "statusV2"],
  ["line_1", "line1"],
  ["a__b_", "aB"],
  ["_a", "A"],
  ["direct_x_version", "directXVersion"],
])("defaultJsonName() turns %s into %s as protoc does", (name, wanted) => {
  assert.equal(defaultJsonName(name), wanted);
});
