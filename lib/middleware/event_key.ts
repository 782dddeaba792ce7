/**
 * The key of an event in the idempotency store.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Event } from "../core/event.ts";

/** Ids in AGS's format, and the hashes that replace missing ones. */
const PLAIN = /^[\w.:-]{1,80}$/;

/**
 * Type and id of an event, bounded in length; plus the handler's name, if
 * several handle it.
 *
 * An id comes from outside and may be any text; one in an unexpected format is
 * replaced by its hash. The `#` before a hash and the `@` before a name cannot
 * occur in a plain id, so no id can collide with another key.
 *
 * @param event The event.
 * @param sharedAs The handler's name, if several handle it.
 */
export function eventKey(
  { type, id }: Pick<Event, "type" | "id">,
  sharedAs?: string,
): string {
  const name = sharedAs === undefined ? "" : `@${sharedAs}`;
  if (PLAIN.test(id)) return `${type}/${id}${name}`;
  return `${type}/#${createHash("sha256").update(id).digest("hex")}${name}`;
}
