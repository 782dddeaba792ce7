/**
 * Messages that take as much memory as their bytes can.
 *
 * @module
 */

import { decoderOf } from "../../lib/events/message_codec.ts";
import { fixtureType } from "../grpc/_fixture.ts";
import * as wire from "../grpc/_wire.ts";

const COUNT = 10_000;
const NOTHING = new Uint8Array();

/** A message: its type, by the name in the fixture, and its bytes. */
export interface DearMessage {
  readonly type: string;
  readonly bytes: Uint8Array;
}

function many(type: string, each: (index: number) => Uint8Array): DearMessage {
  const records = Array.from({ length: COUNT }, (_, index) => each(index));
  return { type, bytes: wire.concat(...records) };
}

const long = wire.varint(2n ** 63n);

/** What a list's elements or a map's values are, by field; the shortest ones. */
function elements(field: number): Uint8Array | undefined {
  if ([1, 10, 12].includes(field)) return wire.fixed64(2n ** 62n);
  if ([2, 9, 11].includes(field)) return wire.fixed32(2 ** 31);
  if ([13, 16].includes(field)) return wire.varint(1);
  if ([3, 4, 5, 6, 7, 8].includes(field)) return long;
  return undefined;
}

function entry(field: number, key: Uint8Array, value: Uint8Array): Uint8Array {
  return wire.nested(field, wire.concat(key, value));
}

const textKey = (index: number) => wire.record(1, 2, wire.text(`k${index}`));

const lists = Array.from({ length: 19 }, (_, at) => at + 1).map((field) => {
  const element = elements(field);
  return [
    `list ${field}`,
    element === undefined
      ? many("Lists", () => wire.record(field, 2, wire.varint(0)))
      : {
        type: "Lists",
        bytes: wire.nested(
          field,
          wire.concat(...Array<Uint8Array>(COUNT).fill(element)),
        ),
      },
  ] as const;
});

const maps = Array.from({ length: 16 }, (_, at) => at + 1).map((field) =>
  [
    `map ${field}`,
    many("Maps", (index) => entry(field, textKey(index), NOTHING)),
  ] as const
);

/** Messages by what they are made of. */
export const DEAR_MESSAGES: Readonly<Record<string, DearMessage>> = {
  ...Object.fromEntries(lists),
  ...Object.fromEntries(maps),
  "small numbers": {
    type: "Lists",
    bytes: wire.nested(4, new Uint8Array(COUNT).fill(5)),
  },
  "strings": many("Lists", (at) => wire.record(14, 2, wire.text(`abc${at}`))),
  "wide strings": many(
    "Lists",
    (at) => wire.record(14, 2, wire.text(`€${"a".repeat(40)}${at}`)),
  ),
  "bytes": many("Lists", () => wire.nested(15, new Uint8Array(100))),
  "keys of 64 bits": many(
    "Maps",
    (at) => entry(18, wire.record(1, 0, wire.varint(at + 2 ** 40)), NOTHING),
  ),
  "keys of numbers": many(
    "Maps",
    (at) => entry(17, wire.record(1, 0, wire.varint(at * 7)), NOTHING),
  ),
  "objects with all that is in them": many(
    "Everything",
    () => wire.nested(11, NOTHING),
  ),
  "scalars": many("Everything", () => wire.nested(11, wire.nested(2, NOTHING))),
  "lists in objects": many(
    "Everything",
    () => wire.nested(11, wire.nested(4, NOTHING)),
  ),
  "maps in objects": many(
    "Everything",
    () => wire.nested(11, wire.nested(5, NOTHING)),
  ),
  "objects by name": many(
    "Everything",
    (at) => entry(12, textKey(at), wire.nested(2, NOTHING)),
  ),
  "names": many("Everything", () => wire.nested(11, wire.nested(8, NOTHING))),
  "objects of any JSON": many(
    "Lists",
    (at) => wire.nested(18, entry(1, textKey(at), NOTHING)),
  ),
  "lists of any JSON": {
    type: "Google",
    bytes: wire.nested(
      3,
      many("", () => wire.nested(1, wire.nested(6, NOTHING))).bytes,
    ),
  },
  "objects in any JSON": {
    type: "Google",
    bytes: wire.nested(
      3,
      many("", () => wire.nested(1, wire.nested(5, NOTHING))).bytes,
    ),
  },
  "numbers in any JSON": {
    type: "Google",
    bytes: wire.nested(
      3,
      many("", () => wire.nested(1, wire.record(2, 1, wire.double(0.5)))).bytes,
    ),
  },
  "nothing in any JSON": {
    type: "Google",
    bytes: wire.nested(3, many("", () => wire.nested(1, NOTHING)).bytes),
  },
};

export default Object.values(DEAR_MESSAGES).map(({ type, bytes }) => {
  const decode = decoderOf(fixtureType(type));
  return () => decode(bytes);
});
