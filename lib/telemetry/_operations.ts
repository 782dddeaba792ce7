/**
 * Names of AGS requests for metrics: few, and without players' data.
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

/** Counts requests beyond the limit of distinct operations. */
export const OTHER: Operation = { service: "other", operation: "other" };

/** A parameter's name. */
const PARAMETER = /^\{\w+\}$/;

/**
 * A word of AGS's paths: `admin`, `v3`, `by-sku`, `statCodes`. Ids have more
 * digits or are longer; addresses have other characters.
 */
const WORD = /^(?!(?:\D*\d){3})[\w-]{1,31}$/;

/**
 * The operation that a request counts as.
 *
 * If a handler put a value into the path instead of a `{name}`, it is replaced
 * by `{}`: the value may be a player's id, and there are as many of those as
 * players.
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
