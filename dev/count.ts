/**
 * Numbers of things, as a sentence has them.
 *
 * @module
 */

/** `1 event`, `2 events`. */
export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
