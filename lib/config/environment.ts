/**
 * The only place that reads the environment.
 *
 * @module
 */

import { parseEnv } from "node:util";
import { ConfigError, type Environment } from "./parse.ts";
import type { Settings } from "./setting.ts";
import { SETTINGS } from "./table.ts";

/**
 * Reads the variables of the table from the process, and missing ones from a
 * file: the process wins.
 *
 * @param file Path of the `.env` file. It is ignored if it does not exist or
 * the process may not read it (the executable may not).
 * @param settings The table. @default {the service's own}
 * @throws {ConfigError} The file exists but cannot be read, or a variable is
 * not valid text.
 */
export function readEnvironment(
  file: string,
  settings: Settings = SETTINGS,
): Environment {
  const fromFile = readEnvFile(file);
  const env: Record<string, string | undefined> = {};
  const problems: string[] = [];
  for (const { env: name } of Object.values(settings)) {
    try {
      // A variable of spaces counts as unset and does not hide the file's.
      env[name] = Deno.env.get(name)?.trim() || fromFile[name];
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) {
        problems.push(
          `${name} may not be read: expected it in the permissions, which ` +
            "`./task gen` writes",
        );
        continue;
      }
      if (!(error instanceof Deno.errors.InvalidData)) throw error;
      // Without the runtime's message, which shows the value.
      problems.push(
        `${name} is invalid: expected UTF-8 text, found other bytes`,
      );
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return env;
}

/**
 * Reads all variables of a `.env` file.
 *
 * @throws {ConfigError} The file exists but cannot be read.
 */
export function readEnvFile(file: string): Environment {
  try {
    const bytes = Deno.readFileSync(file);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    // parseEnv() joins lines that end in CR alone.
    return parseEnv(text.replaceAll(/\r\n?/g, "\n"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    if (error instanceof Deno.errors.NotCapable) return {};
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError([
      `${file} cannot be read: expected a UTF-8 file of NAME=value lines (${why})`,
    ], { cause: error });
  }
}
