/**
 * Names of a new handler's file and its import.
 *
 * @module
 */

import { parseEventType } from "../../lib/core/event_key.ts";
import { camelCase, snakeCase } from "../event_words.ts";

/**
 * The file's name, without folder and extension.
 *
 * It is the event's own name: `user_logged_in`. If events of two channels have
 * the same name, the channel precedes it, and a type's qualifier follows it. A
 * channel's is `user_authentication_events`. No two types have the same name.
 *
 * @param type An event type, or `channel.*`.
 * @param types All event types.
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
 * The name under which `handlers/mod.ts` imports it: the file's name in
 * camelCase, with `Handler` appended if that name is already used.
 *
 * @param fileName The result of {@linkcode handlerFileName}.
 * @param list The text of `handlers/mod.ts`.
 */
export function importName(fileName: string, list: string): string {
  const name = camelCase(fileName);
  const isFree = /^[a-z]/.test(name) && !RESERVED.has(name) &&
    !new RegExp(`\\b${name}\\b`).test(withoutText(list));
  if (isFree) return name;
  return importName(`on_${fileName}_handler`, list);
}

/** The code without comments and quoted text, whose words are not names. */
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
