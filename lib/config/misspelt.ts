/**
 * Finds variables of a `.env` file that were meant to be settings.
 *
 * @module
 */

import { distance } from "fastest-levenshtein";
import { readEnvFile } from "./environment.ts";
import type { Settings } from "./setting.ts";

/** Letters that may be wrong in a name: of more it is another one. */
const MAX_DISTANCE = 2;

/** What AGS's settings start with: any other such name is a mistake. */
const OWN_PREFIX = "AB_";
const MAX_DISTANCE_OF_OWN = 5;

/**
 * One sentence for each variable of the file that is no setting but nearly is one. Other
 * programs may have variables in the file, too: those are not mentioned.
 *
 * @param file Path of the `.env` file.
 * @param settings The settings.
 * @throws {ConfigError} The file exists but cannot be read.
 */
export function misspeltSettings(
  file: string,
  settings: Settings,
): readonly string[] {
  const known = Object.values(settings).map(({ env }) => env);
  return Object.keys(readEnvFile(file)).filter((name) => !known.includes(name))
    .flatMap((name) => {
      const isOwn = name.startsWith(OWN_PREFIX);
      const max = isOwn ? MAX_DISTANCE_OF_OWN : MAX_DISTANCE;
      const [closest] = known.map((each) => ({
        each,
        wrong: distance(name.toUpperCase(), each),
      })).filter(({ wrong }) => wrong <= max)
        .sort((a, b) => a.wrong - b.wrong);
      if (closest === undefined && !isOwn) return [];
      const hint = closest === undefined
        ? ""
        : `: did you mean ${closest.each}`;
      return [`${name} in ${file} is not a setting, and is ignored${hint}`];
    });
}
