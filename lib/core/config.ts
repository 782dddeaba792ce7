/**
 * The type of `ctx.config`.
 *
 * @module
 */

import type { settings } from "../../handlers/settings.ts";
import type { ConfigOf } from "../config/setting.ts";
import type { ServiceConfig } from "../config/table.ts";

/**
 * The settings of the service and of the handlers (`handlers/settings.ts`),
 * validated at start.
 */
export type Config =
  & ServiceConfig
  & ConfigOf<typeof settings>;
