/**
 * What a setting is: the one description from which parsing, validation, `--help`,
 * `--print-config`, `docs/settings.md` and `.env.template` are made.
 *
 * @module
 */

/** A kind of value: how its text is read. A schema of zod is one. */
export interface Kind<T> {
  /** Reads the text, or says that it is no such value. */
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
  /** What it is for, in one line. */
  readonly doc: string;
  /** What a value has to be, as said in an error message. */
  readonly expected: string;
  /** The value when the variable is unset or empty. @default {it is required} */
  readonly default?: string;
  /** An example for `.env.template`, where there is no default. */
  readonly example?: string;
  /**
   * Whether its value must never be shown; `"maybe"`: not where it is not usable, for
   * it may hold a password. Of other settings a value that is not usable is shown if it
   * is a short, plain word.
   *
   * @default {false}
   */
  readonly secret?: boolean | "maybe";
  /** What a number counts, where it is not a plain one. */
  readonly unit?: "ms" | "bytes";
  /** Turns the text into the value. */
  readonly schema: Kind<T>;
  /**
   * What `doctor` checks of the value, with AGS at hand.
   *
   * @param value The value.
   * @param ags AGS's REST API, which is logged in.
   * @returns What was found, as in `a1b2 exists`.
   * @throws {Error} What is wrong, and what to do.
   */
  check?(value: T, ags: Lookup): Promise<string>;
}

/** What a setting's check may ask AGS. */
export interface Lookup {
  /** Reads from any AGS API: see `Ags.request()`. */
  request(
    method: "GET",
    path: string,
    options?: { readonly params?: Readonly<Record<string, string>> },
  ): Promise<unknown>;
}

/** Settings, by the name that each has in the configuration. */
export type Settings = Readonly<Record<string, Setting>>;

/** What settings give: a value each. */
export type ConfigOf<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

/** The settings that give these values. */
export type SettingsOf<T> = { readonly [K in keyof T]: Setting<T[K]> };

/**
 * Describes settings. Their values' types are taken from the schemas.
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
 * @param settings The settings, by the name that each has in `ctx.config`.
 * @returns The same.
 */
export function defineSettings<T extends Readonly<Record<string, unknown>>>(
  settings: SettingsOf<T>,
): SettingsOf<T> {
  return settings;
}

/** Settings that belong together, and what they have to do with each other. */
export interface Topic<S extends Settings = Settings, C = ConfigOf<S>> {
  /** The settings. */
  readonly settings: S;
  /**
   * What is wrong with settings that are all right by themselves, one a sentence.
   *
   * @default {nothing}
   */
  problems?(config: C): readonly string[];
}
