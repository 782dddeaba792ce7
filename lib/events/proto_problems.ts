/**
 * Explains where a proto file is invalid and how to fix it. Only invalid files
 * cost time.
 *
 * @module
 */

import protobuf from "protobufjs";

/**
 * Explains why a file did not parse: `file:line: what`.
 *
 * @param error What the parser threw.
 * @param file Its name and its text.
 */
export function explainParseError(
  error: unknown,
  { name, text }: { readonly name: string; readonly text: string },
): string {
  const message = error instanceof Error ? error.message : String(error);
  const [, what = message, stated] = /^(.*?)(?: \(line (\d+)\))?$/s.exec(
    message,
  ) ?? [];
  // If the text ends too early, the parser fails on its own null.
  if (error instanceof TypeError || what.includes("'null'")) {
    const last = text.trimEnd().split("\n").length;
    return `${name}:${last}: File ends in the middle of a declaration: complete it`;
  }
  const line = stated ?? firstLineWith(text, message) ??
    declaration(text, what);
  return `${name}${line === undefined ? "" : `:${line}`}: ${remedy(what)}`;
}

function remedy(what: string): string {
  const id = /^duplicate id (\d+) in Type (\S+)/.exec(what);
  if (id !== null) {
    return `Field number ${id[1]} of message "${id[2]}" is taken twice: ` +
      "give one of the two fields another number";
  }
  const twice = /^duplicate name '([^']+)'/.exec(what);
  if (twice !== null) {
    return `"${twice[1]}" is declared twice: rename or remove one of the two`;
  }
  return `${what.slice(0, 1).toUpperCase()}${what.slice(1)}: ` +
    "expected a valid proto file";
}

/** The first line up to which the text already fails like this. */
function firstLineWith(text: string, message: string): number | undefined {
  const lines = text.split("\n");
  const fails = (count: number) => {
    try {
      protobuf.parse(lines.slice(0, count).join("\n"), new protobuf.Root(), {
        keepCase: true,
      });
      return false;
    } catch (error) {
      return error instanceof Error && error.message === message;
    }
  };
  // Parsed alone, a file does not clash with another one's declarations.
  if (!fails(lines.length)) return undefined;
  let [below, at] = [0, lines.length];
  while (at - below > 1) {
    const middle = Math.floor((below + at) / 2);
    if (fails(middle)) at = middle;
    else below = middle;
  }
  return at;
}

/** The line of the declaration that the parser named. */
function declaration(text: string, what: string): number | undefined {
  const name = /'([\w.]+)'/.exec(what)?.[1];
  if (name === undefined) return undefined;
  return lineOf(text, new RegExp(`^\\s*(message|enum|service)\\s+${name}\\b`));
}

/** The number of the first line that matches, from 1. */
export function lineOf(text: string, pattern: RegExp): number | undefined {
  const index = text.split("\n").findIndex((line) => pattern.test(line));
  return index < 0 ? undefined : index + 1;
}

/**
 * Explains why types of parsed files do not resolve: finds the first field or
 * method whose type is not declared.
 *
 * @param textOf The text of a file.
 */
export function explainResolveError(
  parent: protobuf.NamespaceBase,
  textOf: (file: string) => string,
): string | undefined {
  for (const child of parent.nestedArray) {
    const parts = child instanceof protobuf.Type
      ? child.fieldsArray
      : child instanceof protobuf.Service
      ? child.methodsArray
      : [];
    const part = parts.find((each) => !resolves(each));
    const file = child.filename;
    if (part !== undefined && file) {
      const text = textOf(file);
      const types = part instanceof protobuf.Method
        ? `${part.requestType} or ${part.responseType}`
        : part.type;
      const line = lineOf(
        text,
        part instanceof protobuf.Method
          ? new RegExp(`\\brpc\\s+${part.name}\\b`)
          : new RegExp(`\\s${part.name}\\s*=\\s*${part.id}\\b`),
      );
      return `${file}${line === undefined ? "" : `:${line}`}: ` +
        `Type "${types}" of "${part.name}" is not declared: declare it, or ` +
        "import the file that does";
    }
    if (child instanceof protobuf.Namespace) {
      const found = explainResolveError(child, textOf);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function resolves(part: protobuf.ReflectionObject): boolean {
  try {
    part.resolve();
    return true;
  } catch {
    return false;
  }
}
