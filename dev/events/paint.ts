/**
 * Colour, for a terminal only.
 *
 * @module
 */

import { styleText } from "node:util";

/** Puts text in a style, or leaves it as it is. */
export type Paint = (style: "bold" | "cyan" | "dim", text: string) => string;

/** Colours where standard output is a terminal and `NO_COLOR` is not set. */
export function terminalPaint(): Paint {
  const isColoured = Deno.stdout.isTerminal() && !Deno.noColor;
  return isColoured
    ? (style, text) => styleText(style, text, { validateStream: false })
    : plainPaint;
}

/** Leaves all text as it is. */
export function plainPaint(_style: string, text: string): string {
  return text;
}
