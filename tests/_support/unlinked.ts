/**
 * An event with a list, which can be long: `userAccount.userAccountUnlinked`.
 *
 * @module
 */

import { join } from "node:path";
import { findEvent } from "../../dev/event_source.ts";
import { agsId } from "../../dev/sample.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";
import * as wire from "../grpc/_wire.ts";

/** The service that handles it. */
export const PROGRAM: string = join(
  import.meta.dirname!,
  "..",
  "testdata",
  "unlink_service.ts",
);

/** Its type. */
export const UNLINKED = "userAccount.userAccountUnlinked";

/** Its gRPC method. */
export const UNLINKED_PATH: string = findEvent(PROTO_FOLDER, UNLINKED).path;

/** Whose account, and in which namespace. */
export interface Unlinked {
  /** The namespace. */
  readonly namespace: string;
  /** The player. */
  readonly userId: string;
  /** How many accounts are linked to it, of which nothing is said. */
  readonly accounts: number;
}

/** The event's message: two bytes for each account. */
export function unlinkedBytes(
  { namespace, userId, accounts }: Unlinked,
): Uint8Array {
  const list = new Uint8Array(2 * accounts);
  // `linked_accounts`, of no bytes.
  for (let at = 0; at < list.length; at += 2) list[at] = 7 << 3 | 2;
  return wire.concat(
    wire.nested(1, wire.nested(1, list)),
    wire.record(2, 2, wire.text(agsId())),
    wire.record(5, 2, wire.text(namespace)),
    wire.record(9, 2, wire.text(userId)),
  );
}

/** The event as publishers write it: three bytes for each account. */
export function unlinkedJson(
  { namespace, userId, accounts }: Unlinked,
): string {
  const list = Array(accounts).fill("{}").join(",");
  return `{"id":"${agsId()}","name":"userAccountUnlinked",` +
    `"namespace":"${namespace}","userId":"${userId}",` +
    `"payload":{"userAccount":{"linkedAccounts":[${list}]}}}`;
}
