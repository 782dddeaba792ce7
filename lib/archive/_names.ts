/**
 * Names of objects out of what anybody may have written.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** The folder of what cannot be archived as it should. */
export const ERROR_FOLDER = "error";

/** The longest part of a name, in characters. */
const MAX_PART = 200;

const encoder = new TextEncoder();

/**
 * Makes a part of a name out of a text: one that is a good name stays as it is. What
 * means something to a file system, a URL, a command or a query (`/`, `..`, `=`, a
 * leading `.`, `_` or `-`) becomes `!` and two hexadecimal digits a byte. No two
 * well-formed texts become the same.
 *
 * @returns `undefined` if the text is empty, or too long.
 */
export function namePart(text: string): string | undefined {
  // More than this cannot become short enough.
  if (text === "" || text.length > MAX_PART) return undefined;
  const part = text.toWellFormed()
    .replace(/[^\w.-]/gu, escapeText)
    .replace(/^[._-]/, escapeText);
  return part.length > MAX_PART ? undefined : part;
}

function escapeText(text: string): string {
  return [...encoder.encode(text)].map((byte) =>
    `!${byte.toString(16).toUpperCase().padStart(2, "0")}`
  ).join("");
}

/** Keeps a folder apart from that of errors. */
export function awayFromErrors(folder: string): string {
  const [first = ""] = folder.split("/");
  return first.toLowerCase() === ERROR_FOLDER
    ? escapeText(first.slice(0, 1)) + folder.slice(1)
    : folder;
}

/**
 * Tells folders apart whose names differ in case only, in the names of the objects in
 * them: some file systems do not.
 */
export function folderMark(folder: string): string {
  return createHash("sha256").update(folder).digest("hex").slice(0, 8);
}
