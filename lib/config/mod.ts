/**
 * Settings for handlers: how `handlers/settings.ts` describes its own.
 *
 * ```ts
 * import { defineSettings, integer, text } from "./mod.ts";
 *
 * export const settings = defineSettings({
 *   welcomeItemId: {
 *     env: "WELCOME_ITEM_ID",
 *     doc: "Id of the item that new players get",
 *     expected: "an item id",
 *     schema: text,
 *   },
 *   welcomeGold: {
 *     env: "WELCOME_GOLD",
 *     doc: "Gold that new players get",
 *     expected: "a whole number from 0 to 1000",
 *     default: "50",
 *     schema: integer(0, 1_000),
 *   },
 * });
 * ```
 *
 * @module
 */

export {
  type ConfigOf,
  defineSettings,
  type Kind,
  type Lookup,
  type Setting,
  type Settings,
  type SettingsOf,
} from "./setting.ts";
export {
  duration,
  flag,
  httpUrl,
  integer,
  longDuration,
  port,
  secret,
  text,
} from "./kinds.ts";
export { Secret } from "./secret.ts";
