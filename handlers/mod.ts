/**
 * The handlers that the service serves. To add one, import it and add it to the
 * list.
 *
 * @module
 */

import type { Handler } from "event-handler";
import userLoggedIn from "./user_logged_in.ts";
import userThirdPartyLoggedIn from "./user_third_party_logged_in.ts";

/** All handlers of this app. */
export const handlers: readonly Handler[] = [
  userLoggedIn,
  userThirdPartyLoggedIn,
];
