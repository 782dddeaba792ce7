/**
 * Turns variables into settings.
 *
 * @module
 */

import type { ConfigOf, Settings, Topic } from "./setting.ts";
import { shownValue } from "./shown_value.ts";

/** Variables by name; unset ones are absent or `undefined`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings are invalid. Lists every problem, one per line. */
export class ConfigError extends Error {
  override name = "ConfigError";
  /** One sentence per problem; never contains a secret. */
  readonly problems: readonly string[];

  /** Creates the error. */
  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join("\n"), options);
    this.problems = problems;
  }
}

/** The result of {@linkcode parseSettings}. */
export interface ParsedConfig<C> {
  /** The settings. */
  readonly config: C;
  /** The variables left at their defaults. */
  readonly defaulted: readonly string[];
}

/**
 * Turns variables into settings. An empty variable counts as unset.
 *
 * @param env The variables.
 * @param topic The settings.
 * @throws {ConfigError} Lists all problems.
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
        `${setting.env} is invalid: expected one setting per line, its quotes ` +
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
 * Finds values that swallowed other settings: an unclosed quote, or `;` between
 * entries.
 */
function otherSettings(settings: Settings): RegExp {
  const names = Object.values(settings).map(({ env }) => env).join("|");
  return new RegExp(`(?:^|[\\s;])(?<other>${names})\\s*=`);
}
