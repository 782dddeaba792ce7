import assert from "node:assert/strict";
import { join } from "node:path";
import protobuf from "protobufjs";
import {
  ProtoFileError,
  readProtoFiles,
} from "../../lib/events/proto_files.ts";
import { FIXTURE_FOLDER, makeFolder } from "../grpc/_fixture.ts";

const HEAD = 'syntax = "proto3";\npackage a.v1;\n';

function errorOf(
  folder: string,
  ...names: readonly string[]
): ProtoFileError {
  try {
    readProtoFiles(folder, names);
  } catch (error) {
    if (error instanceof ProtoFileError) return error;
    throw error;
  }
  throw new Error("readProtoFiles() did not throw");
}

Deno.test("readProtoFiles() reads the files asked for, and those they import", () => {
  using folder = makeFolder({
    "one/a.proto": `${HEAD}import "one/b.proto";\nmessage A { B b = 1; }`,
    "one/b.proto":
      `${HEAD}import "google/protobuf/empty.proto";\nmessage B { string id = 1; }`,
    "one/c.proto": "this is not proto",
  });
  const { files, root } = readProtoFiles(folder.path, ["one/a.proto"]);
  assert.deepEqual([...files.values()], [
    {
      name: "one/a.proto",
      package: "a.v1",
      imports: ["one/b.proto"],
      options: undefined,
    },
    {
      name: "one/b.proto",
      package: "a.v1",
      imports: ["google/protobuf/empty.proto"],
      options: undefined,
    },
    {
      name: "google/protobuf/empty.proto",
      package: "google.protobuf",
      imports: [],
      options: undefined,
    },
  ]);
  assert.equal(root.lookupType("a.v1.A").filename, "one/a.proto");
  assert.equal(root.lookupType("a.v1.B").filename, "one/b.proto");
  assert.equal(
    root.lookupType("a.v1.A").fields["b"]?.resolvedType?.fullName,
    ".a.v1.B",
  );
});

Deno.test("readProtoFiles() reads a file once, however many import it", () => {
  using folder = makeFolder({
    "a.proto":
      `${HEAD}import "b.proto"; import "c.proto"; message A { C c = 1; }`,
    "b.proto": `${HEAD}import "c.proto"; message B { C c = 1; }`,
    "c.proto": `${HEAD}import "a.proto"; message C { string id = 1; }`,
  });
  const { files } = readProtoFiles(folder.path, ["a.proto", "b.proto"]);
  assert.deepEqual([...files.keys()], ["a.proto", "b.proto", "c.proto"]);
});

Deno.test("readProtoFiles() keeps the files' own field names", () => {
  const { root } = readProtoFiles(FIXTURE_FOLDER, ["fixture/kinds.proto"]);
  const { fields } = root.lookupType("fixture.kinds.v1.Names");
  assert.ok("two_words" in fields);
  assert.equal(
    fields["date_modified"]?.options?.["json_name"],
    "date-modified",
  );
});

Deno.test("readProtoFiles() has Google's files without any folder having them", () => {
  const names = [
    "any",
    "duration",
    "empty",
    "field_mask",
    "struct",
    "timestamp",
    "wrappers",
  ].map((name) => `google/protobuf/${name}.proto`);
  using folder = makeFolder({
    "a.proto": `${HEAD}${names.map((name) => `import "${name}";`).join("\n")}
      message A {
        google.protobuf.Any any = 1;
        google.protobuf.Duration duration = 2;
        google.protobuf.Empty empty = 3;
        google.protobuf.FieldMask mask = 4;
        google.protobuf.Struct struct = 5;
        google.protobuf.Timestamp time = 6;
        google.protobuf.StringValue text = 7;
      }`,
  });
  const { files, root } = readProtoFiles(folder.path, ["a.proto"]);
  assert.deepEqual([...files.keys()], ["a.proto", ...names]);
  for (const field of root.lookupType("a.v1.A").fieldsArray) {
    assert.match(
      field.resolvedType?.filename ?? "",
      /^google\/protobuf\/\w+\.proto$/,
    );
  }
});

Deno.test("readProtoFiles() leaves Google's files as they were for the next reader", () => {
  const before = JSON.stringify(
    protobuf.common.get("google/protobuf/struct.proto"),
  );
  using folder = makeFolder({
    "a.proto":
      `${HEAD}import "google/protobuf/struct.proto"; message A { google.protobuf.Struct s = 1; }`,
  });
  const first = readProtoFiles(folder.path, ["a.proto"]);
  const second = readProtoFiles(folder.path, ["a.proto"]);
  assert.notEqual(
    first.root.lookupType("google.protobuf.Struct"),
    second.root.lookupType("google.protobuf.Struct"),
  );
  assert.equal(
    JSON.stringify(protobuf.common.get("google/protobuf/struct.proto")),
    before,
  );
});

Deno.test("readProtoFiles() names file and line of a syntax error", () => {
  using folder = makeFolder({
    "bad.proto": `${HEAD}message A {\n  string id 1;\n}`,
  });
  assert.match(
    errorOf(folder.path, "bad.proto").message,
    /^bad\.proto:4: Illegal token '1', .*: expected a valid proto file$/,
  );
});

Deno.test("readProtoFiles() names the file of a missing one", () => {
  using folder = makeFolder();
  const { message, cause } = errorOf(folder.path, "none.proto");
  assert.equal(
    message,
    `none.proto: The file cannot be read: expected it in ${folder.path}`,
  );
  assert.ok(cause instanceof Deno.errors.NotFound);
});

Deno.test("readProtoFiles() names the missing file and the one that imports it", () => {
  using folder = makeFolder({
    "a.proto": `${HEAD}import "sub/b.proto";`,
  });
  assert.equal(
    errorOf(folder.path, "a.proto").message,
    'a.proto:3: Import "sub/b.proto" cannot be read: expected the file in ' +
      folder.path,
  );
});

Deno.test("readProtoFiles() names file and line of a type that no file has", () => {
  using folder = makeFolder({
    "a.proto": `${HEAD}message A {\n  string id = 1;\n  Nothing n = 2;\n}`,
    "b.proto":
      `${HEAD}message B {}\nservice S {\n  rpc Call(B) returns (C);\n}`,
  });
  assert.equal(
    errorOf(folder.path, "a.proto").message,
    'a.proto:5: Type "Nothing" of "n" is not declared: declare it, or import the ' +
      "file that does",
  );
  assert.equal(
    errorOf(folder.path, "b.proto").message,
    'b.proto:5: Type "B or C" of "Call" is not declared: declare it, or import the ' +
      "file that does",
  );
});

Deno.test("readProtoFiles() names file and line of a message that two files declare", () => {
  using folder = makeFolder({
    "a.proto": `${HEAD}message A { string id = 1; }`,
    "b.proto": `${HEAD}message B {}\nmessage A { string name = 1; }`,
  });
  assert.equal(
    errorOf(folder.path, "a.proto", "b.proto").message,
    'b.proto:4: "A" is declared twice: rename or remove one of the two',
  );
});

const WRONG: Readonly<Record<string, readonly [text: string, error: RegExp]>> =
  {
    "a field number that is taken": [
      `${HEAD}message A {\n  string a = 1;\n  string b = 2;\n  string c = 1;\n}\nmessage B {}`,
      /^bad\.proto:6: Field number 1 of message "A" is taken twice: give one of the two fields another number$/,
    ],
    "a field name that is taken": [
      `${HEAD}message A {\n  string a = 1;\n  string a = 2;\n}`,
      /^bad\.proto:5: "a" is declared twice: rename or remove one of the two$/,
    ],
    "a message that is there already": [
      `${HEAD}message A {\n  string a = 1;\n}\nmessage A {}`,
      /^bad\.proto:6: "A" is declared twice: /,
    ],
    "a file that is cut off": [
      `${HEAD}message A {\n  string a = 1;\n`,
      /^bad\.proto:4: File ends in the middle of a declaration: complete it$/,
    ],
    "a text that does not end": [
      `${HEAD}import "b;\nmessage A {}`,
      /^bad\.proto:3: Illegal string: expected a valid proto file$/,
    ],
    "another kind of file": [
      "<html>\n<body>Not found</body>",
      /^bad\.proto:1: Illegal token '<': expected a valid proto file$/,
    ],
    "a field number below 1": [
      `${HEAD}message A {\n  string a = -1;\n}`,
      /^bad\.proto:4: Illegal id '-1': expected a valid proto file$/,
    ],
  };

for (const [what, [text, error]] of Object.entries(WRONG)) {
  Deno.test(`readProtoFiles() names file and line of ${what}`, () => {
    using folder = makeFolder({ "bad.proto": text });
    assert.match(errorOf(folder.path, "bad.proto").message, error);
  });
}

Deno.test("readProtoFiles() reads an absolute folder from a read-only working directory", async () => {
  using files = makeFolder({
    "a.proto": `${HEAD}message A { string id = 1; }`,
  });
  using empty = makeFolder();
  const module = new URL("../../lib/events/proto_files.ts", import.meta.url);
  const script = join(files.path, "read.ts");
  await Deno.writeTextFile(
    script,
    `import { readProtoFiles } from ${JSON.stringify(module.href)};
    const { root } = readProtoFiles(Deno.args[0], ["a.proto"]);
    console.log(root.lookupType("a.v1.A").fullName);`,
  );
  await Deno.chmod(empty.path, 0o555);
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--config",
      join(import.meta.dirname!, "..", "..", "deno.json"),
      "--allow-read",
      "--allow-env",
      script,
      files.path,
    ],
    cwd: empty.path,
  }).output();
  assert.equal(
    new TextDecoder().decode(stdout).trim(),
    ".a.v1.A",
    new TextDecoder().decode(stderr),
  );
});
