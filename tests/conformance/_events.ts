/**
 * The events of the example handlers.
 *
 * @module
 */

import { findEvent, makeEvent } from "../../dev/event_source.ts";
import { agsId } from "../../dev/sample.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";

export { agsId };

/** A player logs in. */
export const LOGGED_IN = "userAuthentication.userLoggedIn";
/** A player logs in with a platform's account. */
export const THIRD_PARTY_LOGGED_IN =
  "userAuthentication.userThirdPartyLoggedIn";

/** An event that has a handler. */
export type HandledType = typeof LOGGED_IN | typeof THIRD_PARTY_LOGGED_IN;

const events = {
  [LOGGED_IN]: findEvent(PROTO_FOLDER, LOGGED_IN),
  [THIRD_PARTY_LOGGED_IN]: findEvent(PROTO_FOLDER, THIRD_PARTY_LOGGED_IN),
};

/** The gRPC method of each event. */
export const PATHS: Readonly<Record<HandledType, string>> = {
  [LOGGED_IN]: events[LOGGED_IN].path,
  [THIRD_PARTY_LOGGED_IN]: events[THIRD_PARTY_LOGGED_IN].path,
};

/** Options of {@linkcode eventBytes}. */
export interface EventOptions {
  /** Which event. @default {LOGGED_IN} */
  readonly type?: HandledType;
  /** Whom it is about. @default {a new player} */
  readonly userId?: string;
  /** Its id. @default {a new one} */
  readonly id?: string;
  /** Where it happens. @default {the service's namespace} */
  readonly namespace?: string;
  /** Whether a session is renewed. @default {false} */
  readonly isRefresh?: boolean;
  /** Other fields, as `path=value`. @default {a sample's} */
  readonly sets?: readonly string[];
}

/** An event with every field filled in, personal ones too. */
export function eventBytes(
  namespace: string,
  options: EventOptions = {},
): Uint8Array {
  const { type = LOGGED_IN, userId = agsId(), id, isRefresh = false } = options;
  return makeEvent(events[type], {
    namespace: options.namespace ?? namespace,
    json: undefined,
    sets: [
      `userId=${userId}`,
      ...id === undefined ? [] : [`id=${id}`],
      ...isRefresh ? ["payload.userAuthentication.refresh=true"] : [],
      ...options.sets ?? [],
    ],
    isOneOfMany: false,
  }).bytes;
}
