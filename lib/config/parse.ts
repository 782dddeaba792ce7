/**
 * From variables to settings.
 *
 * @module
 */

import type { ConfigOf, Settings, Topic } from "./setting.ts";
import { shownValue } from "./shown_value.ts";

/** Variables by name; unset ones are absent or `undefined`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings cannot be used. Lists every problem, one a line. */
export class ConfigError extends Error {
  override name = "ConfigError";
  /** One sentence per problem; never a secret's value. */
  readonly problems: readonly string[];

  /** Creates the error. */
  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join("\n"), options);
    this.problems = problems;
  }
}

/** What {@linkcode parseSettings} found. */
export interface ParsedConfig<C> {
  /** The settings. */
  readonly config: C;
  /** The variables that are at their defaults. */
  readonly defaulted: readonly string[];
}

/**
 * Turns variables into settings. An empty variable counts as unset.
 *
 * @param env The variables.
 * @param topic The settings.
 * @throws {ConfigError} With every problem at once.
 */
export function parseSettings<S extends Settings, C = ConfigOf<S>>(
  env: Environment,
  { settings, problems: problemsOf }: Topic<S, C>,
): ParsedConfig<C> {
  const problems: string[] = [];
  const defaulted: string[] = [];
  const values: Record<string, unknown> = {};
  const other = otherSettings(settings);
  const secrets = Object.values(settings)
    .filter(({ secret }) => secret === true)
    .map((setting) => env[setting.env]?.trim() ?? "");
  for (const [key, setting] of Object.entries(settings)) {
    const given = env[setting.env]?.trim() || undefined;
    if (given === undefined) defaulted.push(setting.env);
    const value = given ?? setting.default;
    if (value === undefined) {
      problems.push(`${setting.env} is not set: expected ${setting.expected}`);
      continue;
    }
    const otherName = other.exec(value)?.groups?.other;
    if (otherName !== undefined) {
      problems.push(
        `${setting.env} is invalid: expected one setting a line, its quotes ` +
          `closed, found ${otherName} within its value`,
      );
      continue;
    }
    const parsed = setting.schema.safeParse(value);
    if (parsed.success) values[key] = parsed.data;
    else {
      const found = shownValue(value, { secret: setting.secret, secrets });
      problems.push(
        `${setting.env} is invalid: expected ${setting.expected}, found ${found}`,
      );
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  // Every key of the table has a value of its schema's type.
  const config = values as unknown as C;
  const together = problemsOf?.(config) ?? [];
  if (together.length > 0) throw new ConfigError(together);
  return { config, defaulted };
}

/**
 * Finds values into which other settings have come: a quote that is not closed, or
 * `;` between entries.
 */
function otherSettings(settings: Settings): RegExp {
  const names = Object.values(settings).map(({ env }) => env).join("|");
  return new RegExp(`(?:^|[\\s;])(?<other>${names})\\s*=`);
}
