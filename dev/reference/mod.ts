/**
 * The reference app: what tests and measurements of the framework run, so that they do
 * not depend on what a studio has in `handlers/`.
 *
 * @module
 */

import type { Handler } from "event-handler";
import userLoggedIn from "./user_logged_in.ts";
import userThirdPartyLoggedIn from "./user_third_party_logged_in.ts";

export { type ReferenceConfig, settings } from "./settings.ts";

/** Its handlers. */
export const handlers: readonly Handler[] = [
  userLoggedIn,
  userThirdPartyLoggedIn,
];
