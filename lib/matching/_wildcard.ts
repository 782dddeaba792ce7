/**
 * Matches wildcards in time linear to the text, whatever the number of possible
 * matches.
 *
 * @module
 */

/**
 * Compiles a wildcard: `*` is any text; `\*` and `\\` are literals.
 *
 * @returns A function that matches whole texts; `undefined` if the wildcard is
 * invalid.
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
    // The first match of a part leaves the most text for the others.
    for (const part of rest) {
      const found = text.indexOf(part, from);
      if (found < 0 || found + part.length > end) return false;
      from = found + part.length;
    }
    return true;
  };
}

/** The literal parts between the stars. */
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
