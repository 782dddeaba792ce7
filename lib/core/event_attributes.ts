/**
 * Reads event attributes from the messages of AGS's events.
 *
 * @module
 */

import type { Event } from "./event.ts";
import { contentId } from "./event_id.ts";

/**
 * The CloudEvents attributes, from the envelope fields that AGS's messages
 * share. They do not depend on the source.
 *
 * @param type The event's type.
 * @param data The decoded message.
 */
export function attributesOf(
  type: string,
  data: Readonly<Record<string, unknown>>,
): Omit<Event, "type" | "source"> {
  const text = (name: string) => {
    const value = data[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const subject = text("userId");
  const time = text("timestamp");
  const namespace = text("namespace");
  return {
    id: text("id") ?? contentId(type, data),
    ...(subject !== undefined && { subject }),
    ...(time !== undefined && { time }),
    ...(namespace !== undefined && { namespace }),
    data,
  };
}
