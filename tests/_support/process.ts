/**
 * Programs that a test runs beside itself.
 *
 * @module
 */

import { PATIENCE } from "./patience.ts";

/** Options of {@linkcode run}. */
export interface RunOptions {
  /** Its arguments. */
  readonly args: readonly string[];
  /** Its working directory. @default {the test's own} */
  readonly cwd?: string;
  /** Variables beside the test's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** What it reads from standard input. */
  readonly stdin?: string;
}

/** How a program ended. */
export interface Ended {
  /** Its exit code; 128 + 9 when it was killed. */
  readonly code: number;
  /** What it wrote. */
  readonly stdout: string;
  /** What it complained of. */
  readonly stderr: string;
}

/** Runs a program to its end. Kills it when it takes too long. */
export async function run(
  program: string,
  options: RunOptions,
): Promise<Ended> {
  const process = new Deno.Command(program, {
    args: [...options.args],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env !== undefined && { env: options.env }),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const guard = setTimeout(() => process.kill("SIGKILL"), PATIENCE);
  try {
    const writer = process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.stdin ?? ""));
    await writer.close();
    const { code, stdout, stderr } = await process.output();
    const decoder = new TextDecoder();
    return {
      code,
      stdout: decoder.decode(stdout),
      stderr: decoder.decode(stderr),
    };
  } finally {
    clearTimeout(guard);
  }
}
