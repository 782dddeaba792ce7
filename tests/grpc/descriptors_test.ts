import assert from "node:assert/strict";
import { join } from "node:path";
import protobuf from "protobufjs";
import "protobufjs/ext/descriptor.js";
import { encodeDescriptor } from "../../lib/grpc/descriptors.ts";
import {
  type ProtoFiles,
  readProtoFiles,
} from "../../lib/events/proto_files.ts";
import { wellKnownTypes } from "../_support/well_known_types.ts";
import { PROTOC, testWithTool } from "../conformance/_tools.ts";
import {
  type FileDescriptor,
  readDescriptor,
  readDescriptorSet,
} from "./_descriptors.ts";
import {
  FIXTURE_FOLDER,
  fixtureFiles,
  makeFolder,
  PROTO_FOLDER,
} from "./_fixture.ts";

/** What protoc makes of `fixture/kinds.proto`, imports included. */
const EXPECTED: readonly FileDescriptor[] = JSON.parse(
  Deno.readTextFileSync(join(FIXTURE_FOLDER, "kinds.descriptors.json")),
);

const GRPC_FILES = [
  "grpc/health/v1/health.proto",
  "grpc/reflection/v1/reflection.proto",
  "grpc/reflection/v1alpha/reflection.proto",
];
const ACCOUNT = "accelbyte-asyncapi/iam/account/v1/account.proto";

function describe(files: ProtoFiles, name: string): FileDescriptor {
  return readDescriptor(encode(files, name));
}

function encode(files: ProtoFiles, name: string): Uint8Array {
  const file = files.files.get(name);
  assert.ok(file, `${name} was not read`);
  return encodeDescriptor(files, file);
}

for (const expected of EXPECTED) {
  const { name } = expected;
  Deno.test(`encodeDescriptor() describes ${name} as protoc does`, () => {
    // The parser has Google's own files built in, without their options.
    const { options: _options, ...rest } = expected;
    assert.deepEqual(
      describe(fixtureFiles(), name),
      name.startsWith("google/") ? rest : expected,
    );
  });
}

Deno.test("encodeDescriptor() describes an optional field, a map and a renamed field as protoc does", () => {
  using folder = makeFolder({
    "a.proto": `syntax = "proto3";
      package a;
      message M {
        optional int64 first_word = 1 [deprecated = true];
        map<string, M> many_words = 2;
        oneof choice { string x = 3; string y = 4; }
        string z = 5 [json_name = "other"];
      }`,
  });
  const { messageType } = describe(
    readProtoFiles(folder.path, ["a.proto"]),
    "a.proto",
  );
  const label = "LABEL_OPTIONAL";
  const string = { label, type: "TYPE_STRING" };
  const m = { type: "TYPE_MESSAGE", typeName: ".a.M" };
  assert.deepEqual(messageType, [{
    name: "M",
    field: [
      {
        name: "first_word",
        number: 1,
        label,
        type: "TYPE_INT64",
        oneofIndex: 1,
        jsonName: "firstWord",
        options: { deprecated: true },
        proto3Optional: true,
      },
      {
        name: "many_words",
        number: 2,
        label: "LABEL_REPEATED",
        type: "TYPE_MESSAGE",
        typeName: ".a.M.ManyWordsEntry",
        jsonName: "manyWords",
      },
      { name: "x", number: 3, ...string, oneofIndex: 0, jsonName: "x" },
      { name: "y", number: 4, ...string, oneofIndex: 0, jsonName: "y" },
      { name: "z", number: 5, ...string, jsonName: "other" },
    ],
    nestedType: [{
      name: "ManyWordsEntry",
      field: [
        { name: "key", number: 1, ...string, jsonName: "key" },
        { name: "value", number: 2, label, ...m, jsonName: "value" },
      ],
      options: { mapEntry: true },
    }],
    oneofDecl: [{ name: "choice" }, { name: "_first_word" }],
  }]);
});

Deno.test("encodeDescriptor() gives each file of a package its own messages and options", () => {
  const file = (message: string, option: string) =>
    `syntax = "proto3"; package a.v1;
    option java_package = "${option}";
    message ${message} { string id = 1; }`;
  using folder = makeFolder({
    "one.proto": file("One", "net.one"),
    "two.proto": file("Two", "net.two"),
    "none.proto": 'syntax = "proto3"; package a.v1; message None {}',
  });
  const files = readProtoFiles(folder.path, [
    "one.proto",
    "two.proto",
    "none.proto",
  ]);
  const facts = ["one.proto", "two.proto", "none.proto"].map((name) => {
    const { options, messageType } = describe(files, name);
    return [
      options,
      (messageType as { name: string }[]).map(({ name }) => name),
    ];
  });
  assert.deepEqual(facts, [
    [{ javaPackage: "net.one" }, ["One"]],
    [{ javaPackage: "net.two" }, ["Two"]],
    [undefined, ["None"]],
  ]);
});

Deno.test("encodeDescriptor() describes a file without a package", () => {
  using folder = makeFolder({
    "bare.proto":
      'syntax = "proto3"; message Bare { Kind kind = 1; } enum Kind { NONE = 0; }',
  });
  assert.deepEqual(
    describe(readProtoFiles(folder.path, ["bare.proto"]), "bare.proto"),
    {
      name: "bare.proto",
      messageType: [{
        name: "Bare",
        field: [{
          name: "kind",
          number: 1,
          label: "LABEL_OPTIONAL",
          type: "TYPE_ENUM",
          typeName: ".Kind",
          jsonName: "kind",
        }],
      }],
      enumType: [{ name: "Kind", value: [{ name: "NONE", number: 0 }] }],
      syntax: "proto3",
    },
  );
});

for (const name of [ACCOUNT, ...GRPC_FILES]) {
  Deno.test(`the descriptors of ${name} link, and say what the file says`, () => {
    const files = readProtoFiles(PROTO_FOLDER, [name]);
    const linked = link(files);
    const [described, written] = [facts(linked), facts(files.root)];
    assert.deepEqual(described, written);
    assert.ok(written.length > 0);
  });
}

/** What reflection's clients do: files in any order, each with all it imports. */
function link({ files, root }: ProtoFiles): protobuf.Root {
  const descriptors = [...files.values()].map((file) =>
    encodeDescriptor({ files, root }, file)
  );
  const set = protobuf.Writer.create();
  for (const descriptor of descriptors) set.uint32(10).bytes(descriptor);
  const linked = protobuf.Root.fromDescriptor(set.finish(), { keepCase: true });
  linked.resolveAll();
  return linked;
}

/** Every field, method and enum value below a namespace, one line each. */
function facts(namespace: protobuf.NamespaceBase): readonly string[] {
  return namespace.nestedArray.flatMap((object) => {
    if (object.fullName.startsWith(".google.")) return [];
    if (object instanceof protobuf.Enum) {
      return [`${object.fullName} ${JSON.stringify(object.values)}`];
    }
    const own = object instanceof protobuf.Type
      ? object.fieldsArray.map(fieldFact)
      : object instanceof protobuf.Service
      ? object.methodsArray.map(methodFact)
      : [];
    return object instanceof protobuf.Namespace
      ? [...own, ...facts(object)]
      : own;
  }).sort();
}

function fieldFact(field: protobuf.Field): string {
  field.resolve();
  return [
    field.fullName,
    field.id,
    field.map ? "map" : field.repeated ? "repeated" : "",
    field instanceof protobuf.MapField ? field.keyType : "",
    field.resolvedType?.fullName ?? field.type,
    field.partOf?.oneof ?? "",
    field.options?.["deprecated"] === true ? "deprecated" : "",
  ].join(" ");
}

function methodFact(method: protobuf.Method): string {
  return [
    method.fullName,
    method.requestStream === true,
    method.resolvedRequestType?.fullName,
    method.responseStream === true,
    method.resolvedResponseType?.fullName,
  ].join(" ");
}

for (
  const [folder, name] of [
    [FIXTURE_FOLDER, "fixture/kinds.proto"],
    [PROTO_FOLDER, ACCOUNT],
    ...GRPC_FILES.map((file) => [PROTO_FOLDER, file] as const),
  ] as const
) {
  testWithTool(
    `protoc describes ${name} as encodeDescriptor() does`,
    PROTOC,
    async ({ command }) => {
      using out = makeFolder();
      const file = join(out.path, "set.binpb");
      const wellKnown = await wellKnownTypes(join(out.path, "known.binpb"));
      const { success, stderr } = await new Deno.Command(command, {
        args: [
          wellKnown,
          `-I${folder}`,
          `--descriptor_set_out=${file}`,
          name,
        ],
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      assert.deepEqual(
        [describe(readProtoFiles(folder, [name]), name)],
        readDescriptorSet(await Deno.readFile(file)),
      );
    },
  );
}
