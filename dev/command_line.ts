// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * What the command lines of the tools have in common.
 *
 * @module
 */

/** The command line is wrong; the message says how it goes. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Whether an error is about the command line: a {@linkcode UsageError}, or one of `parseArgs()`. */
export function isUsageError(error: unknown): error is Error {
  return error instanceof UsageError ||
    (error instanceof TypeError && "code" in error &&
      String(error.code).startsWith("ERR_PARSE_ARGS"));
}

/** Where a command says what it did. */
export type Output = Pick<Console, "log" | "error">;

/**
 * Runs a command line and ends the process: exit code 2 for a wrong command line,
 * 1 for an error.
 */
export async function run(
  main: (args: string[]) => Promise<number>,
): Promise<never> {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    console.error(
      error instanceof Error ? `${error.name}: ${error.message}` : error,
    );
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
