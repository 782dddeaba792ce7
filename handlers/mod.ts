/**
 * The handlers that the service serves. A new one is one more import and one more
 * line in the list.
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
