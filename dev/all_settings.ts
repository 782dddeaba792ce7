/**
 * All settings of this app, as the development tools show and read them.
 *
 * @module
 */

import { settings } from "../handlers/settings.ts";
import type { Setting, Settings } from "../lib/config/setting.ts";
import { tableOf } from "../lib/config/table.ts";
import { SOURCES } from "../lib/sources.ts";

/** The service's, its sources' and its handlers' settings, in that order. */
export const ALL_SETTINGS: Settings = tableOf(SOURCES, settings);

/** The same as a list. */
export const allSettings: readonly Setting[] = Object.values(ALL_SETTINGS);
