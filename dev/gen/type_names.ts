/**
 * What the messages and enums of a proto file are called in TypeScript.
 *
 * @module
 */

import protobuf from "protobufjs";
import type { ProtoFile } from "./proto_source.ts";

/** Names that generated files use themselves. */
const TAKEN = new Set([
  "JsonObject",
  "JsonValue",
  "Readonly",
  "Record",
  "Uint8Array",
]);

/** What AsyncAPI tooling calls a schema that has no name. */
const ANONYMOUS = /^AnonymousSchema\d+$/;

/** A second, speaking name of a message without a name of its own. */
export interface TypeAlias {
  /** The name. */
  readonly name: string;
  /** The message it stands for. */
  readonly target: protobuf.Type;
  /** The field that gave the name. */
  readonly field: protobuf.Field;
}

/** Names of one file. */
export interface TypeNames {
  /** Name of each message and enum, by object. */
  readonly names: ReadonlyMap<protobuf.ReflectionObject, string>;
  /** Aliases of anonymous messages. */
  readonly aliases: readonly TypeAlias[];
}

/** Two things of one file would have the same name. */
export class TypeNameError extends Error {
  override name = "TypeNameError";
}

/**
 * Names the types of a file.
 *
 * A nested message has the name of the one around it in front; a message with a
 * name that generated files need has `Message` behind.
 *
 * An `AnonymousSchemaNN` has an alias for each event whose `payload` it is,
 * `UserLoggedInPayload`; failing that, for the one field that uses it, parent and
 * field: `UserLoggedInPayloadPlatform`. A name that is taken makes no alias.
 *
 * @throws {TypeNameError} Two types would have the same name.
 */
export function nameTypes(file: ProtoFile): TypeNames {
  const names = new Map<protobuf.ReflectionObject, string>();
  const owners = new Map<string, protobuf.ReflectionObject>();
  for (const object of [...file.messages, ...file.enums]) {
    const name = ownName(object);
    const owner = owners.get(name);
    if (owner !== undefined) {
      throw new TypeNameError(
        `Types "${owner.fullName}" and "${object.fullName}" in ${file.path} are both called "${name}": rename one`,
      );
    }
    owners.set(name, object);
    names.set(object, name);
  }
  return { names, aliases: aliases(file, names) };
}

function ownName(object: protobuf.ReflectionObject): string {
  const parts = [object.name];
  for (let up = object.parent; up instanceof protobuf.Type; up = up.parent) {
    parts.unshift(up.name);
  }
  const name = parts.join("");
  return TAKEN.has(name) ? `${name}Message` : name;
}

function aliases(
  file: ProtoFile,
  names: ReadonlyMap<protobuf.ReflectionObject, string>,
): readonly TypeAlias[] {
  const found: TypeAlias[] = [];
  const taken = new Set([...names.values(), ...TAKEN]);
  function add(alias: TypeAlias): void {
    if (taken.has(alias.name)) return;
    taken.add(alias.name);
    found.push(alias);
  }

  const anonymous = file.messages.filter(({ name }) => ANONYMOUS.test(name));
  const requests = new Set(
    file.services.flatMap(({ methodsArray }) =>
      methodsArray.map(({ resolvedRequestType }) => resolvedRequestType)
    ),
  );
  const uses = Map.groupBy(
    file.messages.flatMap(({ fieldsArray }) => fieldsArray),
    ({ resolvedType }) => resolvedType,
  );
  for (const target of anonymous) {
    for (const field of uses.get(target) ?? []) {
      if (
        field.name !== "payload" || !requests.has(field.parent as protobuf.Type)
      ) {
        continue;
      }
      add({ name: `${names.get(field.parent!)}Payload`, target, field });
    }
  }
  // An alias can give the next one its first half, so until nothing is new.
  for (let before = -1; before < found.length;) {
    before = found.length;
    for (const target of anonymous) {
      const [field, ...others] = uses.get(target) ?? [];
      if (field === undefined || others.length > 0) continue;
      if (found.some((alias) => alias.target === target)) continue;
      const parent = speakingName(field.parent, names, found);
      if (parent === undefined) continue;
      add({ name: parent + capitalised(field.name), target, field });
    }
  }
  return found;
}

function speakingName(
  object: protobuf.ReflectionObject | null,
  names: ReadonlyMap<protobuf.ReflectionObject, string>,
  found: readonly TypeAlias[],
): string | undefined {
  if (object === null) return undefined;
  if (!ANONYMOUS.test(object.name)) return names.get(object);
  const [alias, ...others] = found.filter(({ target }) => target === object);
  return others.length === 0 ? alias?.name : undefined;
}

function capitalised(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}
