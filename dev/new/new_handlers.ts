/**
 * Plans and writes new handlers.
 *
 * @module
 */

import type { EventCatalog } from "../../lib/core/catalog.ts";
import { ProtoFileError } from "../../lib/events/proto_files.ts";
import { loadServedEvents } from "../../lib/events/served_events.ts";
import { unknownEvent } from "../unknown_event.ts";
import { dirname, join } from "node:path";
import { readCatalog } from "../../lib/events/catalog.ts";
import { formatFiles } from "../gen/format.ts";
import { handledTypes, matching } from "./handled_types.ts";
import { addToList } from "./handler_list.ts";
import { handlerFileName, importName } from "./handler_names.ts";
import { handlerTestText, handlerText } from "./handler_text.ts";

/** A handler cannot be created; the message has one line per reason. */
export class NewHandlerError extends Error {
  override name = "NewHandlerError";
}

/** The path of the list of handlers. */
const LIST = "handlers/mod.ts";

/** The files to write. */
export interface HandlerPlan {
  /** New files: path relative to the project, to content. */
  readonly added: ReadonlyMap<string, string>;
  /** Existing files that change. */
  readonly changed: ReadonlyMap<string, string>;
}

/**
 * Why a handler of this type alone would not start: its key has two messages.
 */
function ambiguityOf(
  catalog: EventCatalog,
  type: string,
): string | undefined {
  try {
    loadServedEvents(catalog, [type]);
    return undefined;
  } catch (error) {
    if (error instanceof ProtoFileError) return error.message;
    throw error;
  }
}

/**
 * Plans a handler and its test for each of these; writes nothing.
 *
 * @param root The project's folder.
 * @param patterns Event types, or `channel.*`.
 * @throws {NewHandlerError} An event does not exist or has a handler, or a file
 * exists already.
 */
export async function planHandlers(
  root: string,
  patterns: readonly string[],
): Promise<HandlerPlan> {
  const catalog = readCatalog(join(root, "proto"));
  const { types } = catalog;
  const handled = new Map(await handledTypes(root, types));
  const problems: string[] = [];
  const added = new Map<string, string>();
  let list = await Deno.readTextFile(join(root, LIST));
  for (const pattern of patterns) {
    const own = matching(pattern, types);
    const fileName = handlerFileName(pattern, types);
    const file = `handlers/${fileName}.ts`;
    const testFile = `tests/handlers/${fileName}_test.ts`;
    const taken = own.find((type) => handled.has(type));
    const ambiguity = ambiguityOf(catalog, pattern);
    if (own.length === 0) problems.push(unknownEvent(pattern, types));
    else if (ambiguity !== undefined) problems.push(ambiguity);
    else if (taken !== undefined) {
      const what = taken === pattern ? "" : ` of "${pattern}"`;
      problems.push(
        `Event "${taken}"${what} already has a handler: ${handled.get(taken)}`,
      );
    } else {
      const inTheWay = [file, testFile].filter((path) =>
        exists(join(root, path))
      );
      problems.push(
        ...inTheWay.map((path) =>
          `${path} exists already: rename or delete it`
        ),
      );
      for (const type of own) handled.set(type, file);
      list = addToList(list, {
        fileName,
        importName: importName(fileName, list),
      });
      added.set(file, handlerText(pattern));
      added.set(testFile, handlerTestText(pattern, `${fileName}.ts`));
    }
  }
  if (problems.length > 0) throw new NewHandlerError(problems.join("\n"));
  const formatted = await formatFiles(new Map([...added, [LIST, list]]));
  return {
    added: new Map([...formatted].filter(([path]) => path !== LIST)),
    changed: new Map([...formatted].filter(([path]) => path === LIST)),
  };
}

/**
 * Writes the plan, or nothing: if a file cannot be written, files written
 * before it are removed.
 *
 * @throws {NewHandlerError} A new file exists by now.
 */
export async function writeHandlers(
  root: string,
  { added, changed }: HandlerPlan,
): Promise<void> {
  await using undo = new AsyncDisposableStack();
  for (const [path, text] of added) {
    await Deno.mkdir(dirname(join(root, path)), { recursive: true });
    try {
      await Deno.writeTextFile(join(root, path), text, { createNew: true });
    } catch (cause) {
      if (!(cause instanceof Deno.errors.AlreadyExists)) throw cause;
      throw new NewHandlerError(
        `${path} exists already: rename or delete it`,
        { cause },
      );
    }
    undo.defer(() => Deno.remove(join(root, path)));
  }
  for (const [path, text] of changed) {
    await Deno.writeTextFile(join(root, path), text);
  }
  undo.move();
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
