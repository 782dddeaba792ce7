/**
 * What an idempotency store knows an event by.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Event } from "../core/event.ts";

/** Ids as AGS makes them, and the hashes that stand for missing ones. */
const PLAIN = /^[\w.:-]{1,80}$/;

/**
 * Type and id of an event, bounded in length; and its handler's name, where several
 * handle it.
 *
 * An id comes from outside and can be anything of any length; one that does not look
 * like an id is replaced by its hash. The `#` before a hash and the `@` before a name
 * are in no plain id, so that no id can pass for another key.
 *
 * @param event The event.
 * @param sharedAs The handler's name, where several handle it.
 */
export function eventKey(
  { type, id }: Pick<Event, "type" | "id">,
  sharedAs?: string,
): string {
  const name = sharedAs === undefined ? "" : `@${sharedAs}`;
  if (PLAIN.test(id)) return `${type}/${id}${name}`;
  return `${type}/#${createHash("sha256").update(id).digest("hex")}${name}`;
}
