/**
 * What both sides of the comparison are given: one event, one item, one AGS.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** The repository. */
export const REPOSITORY: string = fileURLToPath(new URL("..", import.meta.url));
/** Its folder of proto files. */
export const PROTO_FOLDER: string = fileURLToPath(
  new URL("../proto", import.meta.url),
);

/** The event that is sent. */
export const EVENT_TYPE = "userAuthentication.userLoggedIn";
/** Full name of the gRPC service that takes it. */
export const EVENT_SERVICE =
  "accelbyte.iam.account.v1.UserAuthenticationUserLoggedInService";
/** The proto file that describes it, relative to the folder. */
export const PROTO_FILE = "accelbyte-asyncapi/iam/account/v1/account.proto";

/** The namespace the event happens in, and the service runs for. */
export const NAMESPACE = "bench";
/** The item that is granted. */
export const ITEM_ID = "bench-item";
/** The player who logs in. */
export const USER_ID = "0123456789abcdef0123456789abcdef";
/** The token that the AGS stand-in hands out. */
export const TOKEN = "bench-token";

/** Where the AGS stand-in tells what it has been asked. */
export const JOURNAL_PATH = "/bench/journal";

/** What the AGS stand-in has been asked. */
export interface Journal {
  /** Grants since it started. */
  readonly grants: number;
  /** The first grant that was asked for after the journal was last read. */
  readonly kept?: GrantRequest;
}

/** A request for a grant. */
export interface GrantRequest {
  /** The HTTP method. */
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** The headers that a caller chooses. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body's text. */
  readonly body: string;
}
