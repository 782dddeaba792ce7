/**
 * Names for requests to AGS: few, and none that tells of a player.
 *
 * @module
 */

/** A kind of request. */
export interface Operation {
  /** The AGS service: the first part of its path, such as `platform`. */
  readonly service: string;
  /** `METHOD /path/template`. */
  readonly operation: string;
}

/** Where requests go that are too many to be told apart. */
export const OTHER: Operation = { service: "other", operation: "other" };

/** A parameter's name. */
const PARAMETER = /^\{\w+\}$/;

/**
 * A word of AGS's paths: `admin`, `v3`, `by-sku`, `statCodes`. Ids have more digits
 * or are longer, addresses have other characters.
 */
const WORD = /^(?!(?:\D*\d){3})[\w-]{1,31}$/;

/**
 * What a request is counted as.
 *
 * A path that a handler has put a value into, where a `{name}` belongs, has `{}` in
 * its place: the value may be a player's id, and there are as many of those as there
 * are players.
 *
 * @param name `METHOD /path/template`, as the handler wrote it.
 */
export function operationOf(name: string): Operation {
  const space = name.indexOf(" ");
  const method = name.slice(0, space);
  const [path = ""] = name.slice(space + 1).split(/[?#]/);
  const parts = path.split("/").slice(1).map((part) =>
    PARAMETER.test(part) || part === "" || WORD.test(part) ? part : "{}"
  );
  const [service = ""] = parts;
  return { service, operation: `${method} /${parts.join("/")}` };
}
