/**
 * Builds object names from untrusted text.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** The folder of events that cannot be archived normally. */
export const ERROR_FOLDER = "error";

/** The longest part of a name, in characters. */
const MAX_PART = 200;

const encoder = new TextEncoder();

/**
 * Converts a text to a part of a name; a safe name stays unchanged. Characters
 * with a meaning to file systems, URLs, commands or queries (`/`, `..`, `=`, a
 * leading `.`, `_` or `-`) become `!` and two hexadecimal digits per byte.
 * Different well-formed texts have different results.
 *
 * @returns `undefined` if the text is empty, or too long.
 */
export function namePart(text: string): string | undefined {
  // A longer text cannot become short enough.
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

/** Keeps a folder apart from the error folder. */
export function awayFromErrors(folder: string): string {
  const [first = ""] = folder.split("/");
  return first.toLowerCase() === ERROR_FOLDER
    ? escapeText(first.slice(0, 1)) + folder.slice(1)
    : folder;
}

/**
 * A mark for object names that distinguishes folders whose names differ only in
 * case, because some file systems do not.
 */
export function folderMark(folder: string): string {
  return createHash("sha256").update(folder).digest("hex").slice(0, 8);
}
