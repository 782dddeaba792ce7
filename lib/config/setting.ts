/**
 * A setting: the one description from which parsing, validation, `--help`,
 * `--print-config`, `docs/settings.md` and `.env.template` are derived.
 *
 * @module
 */

/** A kind of value: parses its text. Any zod schema is one. */
export interface Kind<T> {
  /** Parses the text, or reports that it is invalid. */
  safeParse(
    text: string,
  ): { readonly success: true; readonly data: T } | {
    readonly success: false;
    readonly data?: undefined;
  };
}

/** One setting. */
export interface Setting<T = unknown> {
  /** The environment variable. */
  readonly env: string;
  /** Its purpose, in one line. */
  readonly doc: string;
  /** The expected value, as in error messages. */
  readonly expected: string;
  /**
   * The value if the variable is unset or empty. @default {none: it is
   * required}
   */
  readonly default?: string;
  /** An example for `.env.template`, if there is no default. */
  readonly example?: string;
  /**
   * Whether its value must never be shown; `"maybe"`: not if it is invalid,
   * because it may contain a password. An invalid value of any other setting is
   * shown if it is a short, plain word.
   *
   * @default {false}
   */
  readonly secret?: boolean | "maybe";
  /** The unit of a number, if any. */
  readonly unit?: "ms" | "bytes";
  /** Parses the text. */
  readonly schema: Kind<T>;
  /**
   * A check of the value by `doctor`, which can call AGS.
   *
   * @param value The value.
   * @param ags AGS's REST API, logged in.
   * @returns The finding, such as `a1b2 exists`.
   * @throws {Error} What is wrong, and what to do.
   */
  check?(value: T, ags: Lookup): Promise<string>;
}

/** The AGS calls that a check may make. */
export interface Lookup {
  /** Reads from any AGS API: see `Ags.request()`. */
  request(
    method: "GET",
    path: string,
    options?: { readonly params?: Readonly<Record<string, string>> },
  ): Promise<unknown>;
}

/** Settings, by their names in the configuration. */
export type Settings = Readonly<Record<string, Setting>>;

/** The values of settings. */
export type ConfigOf<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

/** Settings with these values. */
export type SettingsOf<T> = { readonly [K in keyof T]: Setting<T[K]> };

/**
 * Describes settings. The types of their values come from the schemas.
 *
 * @example
 * ```ts
 * import { z } from "zod";
 * import { defineSettings } from "./setting.ts";
 *
 * export const settings = defineSettings({
 *   welcomeItemId: {
 *     env: "WELCOME_ITEM_ID",
 *     doc: "Id of the item that new players get",
 *     expected: "an item id",
 *     schema: z.string().min(1),
 *   },
 * });
 * ```
 *
 * @param settings The settings, by their names in `ctx.config`.
 * @returns The same object.
 */
export function defineSettings<T extends Readonly<Record<string, unknown>>>(
  settings: SettingsOf<T>,
): SettingsOf<T> {
  return settings;
}

/** Settings that belong together, with checks of their combination. */
export interface Topic<S extends Settings = Settings, C = ConfigOf<S>> {
  /** The settings. */
  readonly settings: S;
  /**
   * The problems of settings that are each valid but do not fit together, one
   * per sentence.
   *
   * @default {none}
   */
  problems?(config: C): readonly string[];
}
