/**
 * All settings of this app, as the development tools show and read them.
 *
 * @module
 */

import { settings } from "../handlers/settings.ts";
import type { Setting, Settings } from "../lib/config/setting.ts";
import { SETTINGS } from "../lib/config/table.ts";

/** The service's and the handlers' settings, in that order. */
export const ALL_SETTINGS: Settings = { ...SETTINGS, ...settings };

/** The same as a list. */
export const allSettings: readonly Setting[] = Object.values(ALL_SETTINGS);
