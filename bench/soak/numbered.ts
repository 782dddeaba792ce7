/**
 * One event again and again, each time with another id.
 *
 * @module
 */

import { BenchError } from "../errors.ts";

/** An id in the form of AGS's own: 32 hexadecimal digits. */
const LENGTH = 32;

/**
 * Makes the event of a number by writing its id over that of the one before: to
 * encode each event costs more than to send it.
 *
 * @param make Encodes an event with an id.
 * @returns The same bytes each time, with the id of the number.
 * @throws {BenchError} The id does not stand in the bytes, once.
 */
export function numbered(
  make: (id: string) => Uint8Array,
): (number: number) => Uint8Array {
  const mark = "f".repeat(LENGTH);
  const bytes = make(mark);
  const text = new TextDecoder("latin1").decode(bytes);
  const at = text.indexOf(mark);
  if (at < 0 || text.indexOf(mark, at + 1) >= 0) {
    throw new BenchError("The event does not have its id once");
  }
  const encoder = new TextEncoder();
  return (number) => {
    const id = number.toString(16).padStart(LENGTH, "0");
    encoder.encodeInto(id, bytes.subarray(at, at + LENGTH));
    return bytes;
  };
}
