/**
 * How the user runs a task.
 *
 * @module
 */

/**
 * A command to copy, by the script that finds Deno: `./task send …`.
 *
 * @param words The task's name, and what follows it.
 */
export function task(words: string): string {
  return `${Deno.build.os === "windows" ? ".\\task" : "./task"} ${words}`;
}
