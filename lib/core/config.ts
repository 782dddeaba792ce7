/**
 * What handlers get as `ctx.config`.
 *
 * @module
 */

import type { settings } from "../../handlers/settings.ts";
import type { ConfigOf } from "../config/setting.ts";
import type { ServiceConfig } from "../config/table.ts";

/**
 * The settings, checked at start-up: the service's, and those of the handlers, as
 * `handlers/settings.ts` describes them.
 */
export type Config =
  & ServiceConfig
  & ConfigOf<typeof settings>;
