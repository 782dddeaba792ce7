/**
 * How the user runs Deno.
 *
 * @module
 */

/** `deno`, or the npx form where Deno came by npx: for commands to copy. */
export function command(): string {
  return Deno.execPath().includes("_npx")
    ? `npx -y deno@${Deno.version.deno}`
    : "deno";
}
