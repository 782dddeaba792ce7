/**
 * Compares messages as handlers see them.
 *
 * @module
 */

import protobuf from "protobufjs";
import { propertyName } from "./message_codec.ts";

/**
 * Whether messages have the same properties of the same types, recursively.
 * Field numbers are ignored, because handlers do not see them.
 */
export function haveSameShape(a: protobuf.Type, b: protobuf.Type): boolean {
  return sameTypes(a, b, new Map());
}

/**
 * Pairs that are being compared count as equal, because a message may contain
 * itself.
 */
type Known = Map<protobuf.Type, Set<protobuf.Type>>;

function sameTypes(a: protobuf.Type, b: protobuf.Type, known: Known): boolean {
  if (a === b || known.get(a)?.has(b)) return true;
  known.set(a, (known.get(a) ?? new Set()).add(b));
  const others = new Map(
    b.fieldsArray.map((field) => [propertyName(field.name), field]),
  );
  return a.fieldsArray.length === others.size &&
    a.fieldsArray.every((field) => {
      const other = others.get(propertyName(field.name));
      return other !== undefined && sameFields(field, other, known);
    });
}

function sameFields(
  a: protobuf.Field,
  b: protobuf.Field,
  known: Known,
): boolean {
  a.resolve();
  b.resolve();
  const isAlike = a.repeated === b.repeated && a.map === b.map &&
    (a.partOf === null) === (b.partOf === null);
  if (!isAlike) return false;
  const [one, other] = [a.resolvedType, b.resolvedType];
  if (one instanceof protobuf.Type && other instanceof protobuf.Type) {
    return sameTypes(one, other, known);
  }
  if (one instanceof protobuf.Enum && other instanceof protobuf.Enum) {
    return Object.keys(one.values).join() === Object.keys(other.values).join();
  }
  return a.type === b.type;
}
