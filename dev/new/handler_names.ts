/**
 * What a new handler's file and its import are called.
 *
 * @module
 */

import { parseEventType } from "../../lib/core/event_key.ts";
import { camelCase, snakeCase } from "../event_words.ts";

/**
 * The file's name, without folder and ending.
 *
 * It is the event's own name: `user_logged_in`. Where events of two channels have the
 * same name, the channel comes before it, and what qualifies a type comes last. A
 * channel's is `user_authentication_events`. No two types have the same.
 *
 * @param type An event type, or `channel.*`.
 * @param types All event types there are.
 */
export function handlerFileName(
  type: string,
  types: readonly string[],
): string {
  const { key, channel, name, qualifier } = parseEventType(type);
  if (name === "*") return `${snakeCase(channel)}_events`;
  const own = snakeCase(name);
  const isShared = types.some((other) => {
    const { key: otherKey, name: otherName } = parseEventType(other);
    return otherKey !== key && snakeCase(otherName) === own;
  });
  return [
    ...(isShared ? [snakeCase(channel)] : []),
    own,
    ...(qualifier === undefined ? [] : [snakeCase(qualifier)]),
  ].join("_");
}

/**
 * The name under which `handlers/mod.ts` imports it: the file's in camelCase, with
 * `Handler` behind where that means something else already.
 *
 * @param fileName Of {@linkcode handlerFileName}.
 * @param list The text of `handlers/mod.ts`.
 */
export function importName(fileName: string, list: string): string {
  const name = camelCase(fileName);
  const isFree = /^[a-z]/.test(name) && !RESERVED.has(name) &&
    !new RegExp(`\\b${name}\\b`).test(withoutText(list));
  if (isFree) return name;
  return importName(`on_${fileName}_handler`, list);
}

/** Comments and quoted text use words without taking them. */
function withoutText(code: string): string {
  return code.replace(/\/\*[^]*?\*\/|\/\/.*$|"[^"\n]*"/gm, "");
}

/** Words that JavaScript modules cannot use as names. */
const RESERVED: ReadonlySet<string> = new Set(
  ("arguments await break case catch class const continue debugger default delete " +
    "do else enum eval export extends false finally for function if implements " +
    "import in instanceof interface let new null package private protected public " +
    "return static super switch this throw true try typeof undefined var void " +
    "while with yield").split(" "),
);
