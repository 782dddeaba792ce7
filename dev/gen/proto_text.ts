/**
 * Writes a proto file from its facts.
 *
 * @module
 */

import type { FieldFacts, FileFacts, ServiceFacts } from "./facts.ts";

/** First line of each proto file that `protos.ts` writes. */
export const PROTO_HEADER =
  "// Describes an event contract that AccelByte Gaming Services (AGS) publishes.";

/** Where Google's own types are declared, for those that a field can have. */
const GOOGLE_FILES: Readonly<Record<string, string>> = {
  Any: "any",
  BoolValue: "wrappers",
  BytesValue: "wrappers",
  DoubleValue: "wrappers",
  Duration: "duration",
  Empty: "empty",
  FieldMask: "field_mask",
  FloatValue: "wrappers",
  Int32Value: "wrappers",
  Int64Value: "wrappers",
  ListValue: "struct",
  NullValue: "struct",
  StringValue: "wrappers",
  Struct: "struct",
  Timestamp: "timestamp",
  UInt32Value: "wrappers",
  UInt64Value: "wrappers",
  Value: "struct",
};

/**
 * The proto file of these facts, compatible with AGS's own on the wire, in JSON
 * names and in gRPC paths.
 *
 * Google's files that nothing in the file uses are not imported: AGS imports
 * `any.proto` nearly everywhere and uses it nowhere, and each import costs a parser
 * time at start-up.
 */
export function protoText(facts: FileFacts): string {
  const blocks = [
    [
      PROTO_HEADER,
      "// Written by `deno run -RW dev/gen/protos.ts <facts file>`; a newer AGS",
      "// specification file may take its place.",
    ],
    ['syntax = "proto3";'],
    [`package ${facts.package};`],
    usedImports(facts).map((path) => `import ${JSON.stringify(path)};`),
    Object.entries(facts.options).map(([name, value]) =>
      `option ${name} = ${JSON.stringify(value)};`
    ),
    ...Object.entries(facts.services).map(serviceLines),
    ...Object.entries(facts.messages).map(messageLines),
  ];
  return blocks.filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n") + "\n").join("\n");
}

/**
 * Where a file of the specification lies under `proto/`.
 *
 * @param file Path in the specification: `accelbyte/iam/account/v1/account.proto`.
 */
export function protoPath(file: string): string {
  return file.replace(/^accelbyte\//, "accelbyte-asyncapi/");
}

/** The JSON name that protoc gives a field which states none. */
export function defaultJsonName(name: string): string {
  return name.replace(/_+(.?)/g, (_, next: string) => next.toUpperCase());
}

function usedImports(facts: FileFacts): readonly string[] {
  const used = new Set<string>();
  for (const type of typesIn(facts)) {
    const google = /google\.protobuf\.(\w+)/.exec(type)?.[1];
    if (google === undefined) continue;
    const file = GOOGLE_FILES[google];
    if (file === undefined) {
      throw new TypeError(
        `Type "google.protobuf.${google}" in ${facts.file} is not known: add it to GOOGLE_FILES`,
      );
    }
    used.add(`google/protobuf/${file}.proto`);
  }
  const own = facts.imports.filter((path) => !path.startsWith("google/"));
  return [...used, ...own.map(protoPath)].sort();
}

function* typesIn(facts: FileFacts): Generator<string> {
  for (const fields of Object.values(facts.messages)) {
    for (const [, , type] of fields) yield type;
  }
  for (const { request, response } of Object.values(facts.services)) {
    yield request;
    yield response;
  }
}

function serviceLines(
  [name, service]: readonly [string, ServiceFacts],
): readonly string[] {
  const { method, request, response, events } = service;
  return [
    ...events.map((key) => `// Event ${key}.`),
    `service ${name} {`,
    `  rpc ${method}(${request}) returns (${response});`,
    "}",
  ];
}

function messageLines(
  [name, fields]: readonly [string, readonly FieldFacts[]],
): readonly string[] {
  if (fields.length === 0) return [`message ${name} {}`];
  const lines = [`message ${name} {`];
  let open: string | undefined;
  for (const field of fields) {
    const oneof = field[3]?.oneof;
    if (oneof !== open && open !== undefined) lines.push("  }");
    if (oneof !== open && oneof !== undefined) {
      if (lines.includes(`  oneof ${oneof} {`)) {
        throw new TypeError(
          `Fields of oneof "${oneof}" in message "${name}" are not in one run: expected them side by side`,
        );
      }
      lines.push(`  oneof ${oneof} {`);
    }
    open = oneof;
    lines.push(`${oneof === undefined ? "  " : "    "}${fieldLine(field)}`);
  }
  if (open !== undefined) lines.push("  }");
  return [...lines, "}"];
}

function fieldLine([name, number, type, extras = {}]: FieldFacts): string {
  const label = extras.optional === true ? "optional " : "";
  const options: string[] = [];
  if (extras.json !== undefined && extras.json !== defaultJsonName(name)) {
    options.push(`json_name = ${JSON.stringify(extras.json)}`);
  }
  if (extras.deprecated === true) options.push("deprecated = true");
  const suffix = options.length > 0 ? ` [${options.join(", ")}]` : "";
  return `${label}${type} ${name} = ${number}${suffix};`;
}
