/**
 * Wildcards, in time that grows with the text and not with how often it could match.
 *
 * @module
 */

/**
 * Compiles a wildcard: `*` is any text, `\*` and `\\` are these signs.
 *
 * @returns Whether a text matches from its beginning to its end; `undefined` if the
 * wildcard makes no sense.
 */
export function compileWildcard(
  wildcard: string,
): ((text: string) => boolean) | undefined {
  const parts = splitWildcard(wildcard);
  if (parts === undefined) return undefined;
  const [first = "", ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return (text) => text === first;
  return (text) => {
    if (text.length < first.length + last.length) return false;
    if (!text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let from = first.length;
    // The first place where a part fits leaves most for the others.
    for (const part of rest) {
      const found = text.indexOf(part, from);
      if (found < 0 || found + part.length > end) return false;
      from = found + part.length;
    }
    return true;
  };
}

/** What stands between the stars. */
function splitWildcard(wildcard: string): string[] | undefined {
  const parts: string[] = [];
  let part = "";
  let wasStar = false;
  for (let index = 0; index < wildcard.length; index++) {
    const sign = wildcard[index];
    if (sign === "*") {
      if (wasStar) return undefined;
      parts.push(part);
      part = "";
    } else if (sign === "\\") {
      const next = wildcard[++index];
      if (next !== "*" && next !== "\\") return undefined;
      part += next;
    } else part += sign;
    wasStar = sign === "*";
  }
  return [...parts, part];
}
