/**
 * The folder that an event is archived in.
 *
 * @module
 */

import { StartError } from "../core/errors.ts";
import { awayFromErrors, ERROR_FOLDER, namePart } from "./_names.ts";

/** A partition template is invalid. */
export class PartitionTemplateError extends StartError {
  /** What logs call it. */
  override name = "PartitionTemplateError";
}

/** The sample's folders: by type and version of a client's event. */
export const DEFAULT_PARTITION = "{detail.eventType}/{detail.schemaVersion}/";

/** An event lacks a field that names its folder. */
export class PartitionError extends Error {
  /** What logs call it. */
  override name = "PartitionError";
}

/** The folder of an event. */
export type Partition = (
  event: Readonly<Record<string, unknown>>,
  acceptedAt: number,
) => string;

/** Parts of the time at which an event was accepted, in UTC. */
const TIMES: Readonly<Record<string, (time: string) => string>> = {
  year: (time) => time.slice(0, 4),
  month: (time) => time.slice(5, 7),
  day: (time) => time.slice(8, 10),
  hour: (time) => time.slice(11, 13),
};

/** A piece of a template. */
type Piece =
  | string
  | { readonly path: readonly string[]; readonly otherwise?: string };

const LITERAL = /^[A-Za-z0-9=._/-]*$/;
const PLACEHOLDER = /^([^{}|]+)(?:\|([A-Za-z0-9-]+))?$/;

/**
 * Compiles a template: folders with `/` between and at the end, in which
 * `{detail.eventType}` is a field of the event, `{detail.schemaVersion|1}` a
 * field with a default, and `{year}`, `{month}`, `{day}`, `{hour}` the time of
 * acceptance (UTC).
 *
 * @returns A function of an event, which throws {@linkcode PartitionError} if
 * the event lacks a field, or the field is not text or a number.
 * @throws {PartitionTemplateError} The template is invalid.
 */
export function compilePartition(template: string): Partition {
  const pieces = parseTemplate(template);
  const hasTimes = pieces.some((piece) =>
    typeof piece !== "string" && Object.hasOwn(TIMES, piece.path[0] ?? "")
  );
  return (event, acceptedAt) => {
    const time = hasTimes ? new Date(acceptedAt).toISOString() : "";
    const folder = pieces.map((piece) =>
      typeof piece === "string" ? piece : valueOf(piece, event, time)
    ).join("");
    return awayFromErrors(folder);
  };
}

function parseTemplate(template: string): readonly Piece[] {
  const pieces = template.split(/(\{[^{}]*\})/).map((text): Piece => {
    if (!text.startsWith("{")) {
      if (LITERAL.test(text)) return text;
      throw templateError(template, `not "${text}"`);
    }
    const [, path, otherwise] = PLACEHOLDER.exec(text.slice(1, -1)) ?? [];
    if (path === undefined) throw templateError(template, `not "${text}"`);
    return {
      path: path.split("."),
      ...(otherwise !== undefined && { otherwise }),
    };
  });
  // As if each placeholder were a valid name.
  const folders = pieces.map((piece) => typeof piece === "string" ? piece : "x")
    .join("").split("/");
  const last = folders.pop();
  if (last !== "" || folders.some((each) => /^\.*$/.test(each))) {
    throw templateError(template, "names of folders, each followed by /");
  }
  if (folders[0]?.toLowerCase() === ERROR_FOLDER) {
    throw templateError(template, `a folder other than ${ERROR_FOLDER}`);
  }
  return pieces;
}

function templateError(template: string, wanted: string) {
  return new PartitionTemplateError(
    `Partition template "${template}" is invalid: expected folders such as ` +
      `${DEFAULT_PARTITION}, ${wanted}`,
  );
}

function valueOf(
  { path, otherwise }: Exclude<Piece, string>,
  event: Readonly<Record<string, unknown>>,
  time: string,
): string {
  const [first = ""] = path;
  if (path.length === 1 && Object.hasOwn(TIMES, first)) {
    return TIMES[first]?.(time) ?? "";
  }
  const value = fieldOf(event, path) ?? otherwise;
  const isName = typeof value === "string" || typeof value === "bigint" ||
    Number.isFinite(value);
  const part = isName ? namePart(String(value)) : undefined;
  if (part !== undefined) return part;
  throw new PartitionError(
    `Event has no field ${
      path.join(".")
    } to name a folder by: expected a text of ` +
      "1 to 200 characters, or a number",
  );
}

function fieldOf(event: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name] ?? undefined
        : undefined,
    event,
  );
}
