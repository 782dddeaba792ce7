/**
 * Adds handlers to `handlers/mod.ts`.
 *
 * @module
 */

/** The file does not have the expected form. */
export class HandlerListError extends Error {
  override name = "HandlerListError";
}

/** A handler to add. */
export interface ListedHandler {
  /** The file's name, without folder and extension. */
  readonly fileName: string;
  /** Its name in the list. */
  readonly importName: string;
}

/** An import of a handler, as `deno fmt` writes it. */
const IMPORT = /^import \w+ from "\.\/[^"]+";$/gm;

/** The list. */
const LIST = /^export const handlers: readonly Handler\[\] = \[[^]*?\];$/m;

/**
 * The file's text with another import and another line in the list, not yet
 * formatted.
 *
 * @throws {HandlerListError} The file has no list in the expected form.
 */
export function addToList(text: string, handler: ListedHandler): string {
  const { fileName, importName } = handler;
  const line = `import ${importName} from "./${fileName}.ts";`;
  const list = LIST.exec(text);
  if (list === null) {
    throw new HandlerListError(
      "handlers/mod.ts has no list of handlers: expected a line " +
        '"export const handlers: readonly Handler[] = [" and, below it, one "];". ' +
        `Add this by hand: ${line}`,
    );
  }
  const [before, after] = split(
    text,
    list.index + list[0].length - "];".length,
  );
  const isSeparate = /[[,]\s*(\/\/.*\s*|\/\*[^]*?\*\/\s*)*$/.test(before);
  const head = `${before.trimEnd()}${isSeparate ? "" : ","}`;
  const withEntry = `${head}\n${importName},\n${after}`;
  // After the last import of a handler; without any, before the list and its
  // comment.
  const last = [...withEntry.matchAll(IMPORT)].at(-1);
  if (last !== undefined) {
    const [top, rest] = split(withEntry, last.index + last[0].length);
    return `${top}\n${line}${rest}`;
  }
  const imports = [...withEntry.matchAll(/^(import .*|\} from .*);$/gm)].at(-1);
  const [top, rest] = split(
    withEntry,
    imports === undefined ? 0 : imports.index + imports[0].length,
  );
  return `${top}\n${line}\n${rest}`;
}

function split(text: string, index: number): readonly [string, string] {
  return [text.slice(0, index), text.slice(index)];
}
