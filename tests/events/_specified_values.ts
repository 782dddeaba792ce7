/**
 * Any values of AGS's messages, as fast-check makes them up.
 *
 * @module
 */

import {
  type DescField,
  type DescMessage,
  type DescOneof,
  ScalarType,
} from "@bufbuild/protobuf";
import fc from "fast-check";
import { propertyOf, type Value } from "./_specified_value.ts";

/** How deep messages are filled in: some contain themselves. */
const MAX_DEPTH = 2;

/** Any value of a message: each property is there or not, as chance has it. */
export function values(
  desc: DescMessage,
  depth = MAX_DEPTH,
): fc.Arbitrary<Value> {
  const made = KNOWN[depth]?.get(desc);
  if (made !== undefined) return made;
  const parts = desc.members.map((member) =>
    member.kind === "oneof" ? choice(member, depth) : property(member, depth)
  );
  const all = fc.tuple(...parts).map((entries) =>
    Object.fromEntries(entries.flatMap((entry) => entry))
  );
  KNOWN[depth]?.set(desc, all);
  return all;
}

/** Made once: messages share their parts. */
const KNOWN = Array.from(
  { length: MAX_DEPTH + 1 },
  () => new Map<DescMessage, fc.Arbitrary<Value>>(),
);

type Entries = readonly (readonly [string, unknown])[];

const nothing: fc.Arbitrary<Entries> = fc.constant([]);

function choice(oneof: DescOneof, depth: number): fc.Arbitrary<Entries> {
  return fc.oneof(...oneof.fields.map((field) => property(field, depth)));
}

function property(field: DescField, depth: number): fc.Arbitrary<Entries> {
  const content = fieldValues(field, depth);
  if (content === undefined) return nothing;
  const there = content.map((value) => [[propertyOf(field), value]] as const);
  return fc.oneof(
    { weight: 1, arbitrary: nothing },
    { weight: 3, arbitrary: there },
  );
}

/** `undefined` for a message that would be too deep. */
function fieldValues(
  field: DescField,
  depth: number,
): fc.Arbitrary<unknown> | undefined {
  const one = field.message === undefined
    ? scalars(field.scalar)
    : messages(field.message, depth);
  if (one === undefined) return undefined;
  if (field.fieldKind === "list") return fc.array(one, { maxLength: 3 });
  if (field.fieldKind === "map") {
    return fc.uniqueArray(fc.tuple(keys, one), {
      maxLength: 3,
      selector: ([key]) => key,
    }).map((entries) => Object.fromEntries(entries));
  }
  return one;
}

/** Any text. */
const texts = fc.string({ unit: "binary", maxLength: 8 });

/** Any text but the one key that the encoder loses; `message_codec_test.ts` has it. */
const keys = texts.filter((key) => key !== "__proto__");

/** Zero has no sign here: the encoder takes both for the default. */
const numbers = (any: fc.Arbitrary<number>) => any.map((value) => value + 0);

const SCALARS: ReadonlyMap<ScalarType, fc.Arbitrary<unknown>> = new Map<
  ScalarType,
  fc.Arbitrary<unknown>
>([
  [ScalarType.STRING, texts],
  [ScalarType.BOOL, fc.boolean()],
  [ScalarType.INT32, fc.integer()],
  [
    ScalarType.INT64,
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  ],
  [ScalarType.DOUBLE, numbers(fc.double())],
  [ScalarType.FLOAT, numbers(fc.float())],
]);

function scalars(type: ScalarType | undefined): fc.Arbitrary<unknown> {
  const found = type === undefined ? undefined : SCALARS.get(type);
  if (found === undefined) throw new Error(`Scalar ${type} is not known here`);
  return found;
}

type Json = null | boolean | number | string | Json[] | {
  readonly [key: string]: Json;
};

const { list, object } = fc.letrec<{ json: Json; list: Json[]; object: Json }>(
  (tie) => ({
    json: fc.oneof(
      { maxDepth: 2 },
      fc.constant(null),
      fc.boolean(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      texts,
      tie("list"),
      tie("object"),
    ),
    list: fc.array(tie("json"), { maxLength: 3 }),
    object: fc.uniqueArray(fc.tuple(keys, tie("json")), {
      maxLength: 3,
      selector: ([key]) => key,
    }).map((entries): Json => Object.fromEntries(entries)),
  }),
);

const GOOGLE: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  "google.protobuf.Struct": object,
  "google.protobuf.ListValue": list,
  "google.protobuf.Timestamp": fc.date({
    min: new Date("0001-01-01T00:00:00Z"),
    max: new Date("9999-12-31T23:59:59Z"),
    noInvalidDate: true,
  }).map((date) => date.toISOString().replace(".000Z", "Z")),
};

function messages(
  desc: DescMessage,
  depth: number,
): fc.Arbitrary<unknown> | undefined {
  const google = GOOGLE[desc.typeName];
  if (google !== undefined) return google;
  return depth === 0 ? undefined : values(desc, depth - 1);
}
