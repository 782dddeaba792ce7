/**
 * The reference app: what tests and measurements of the framework run, so that they do
 * not depend on what a studio has in `handlers/`. Its files can stand there, too.
 *
 * @module
 */

import type { Handler } from "event-handler";
import userLoggedIn from "./user_logged_in.ts";
import userThirdPartyLoggedIn from "./user_third_party_logged_in.ts";

/** Every handler of this app. */
export const handlers: readonly Handler[] = [
  userLoggedIn,
  userThirdPartyLoggedIn,
];

export { type ReferenceConfig, settings } from "./settings.ts";
