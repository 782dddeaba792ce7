/**
 * What an event of a number is called, and its player.
 *
 * @module
 */

/** Every so many events one is bad, where bad ones are asked for. */
export const BAD_EVERY = 100;

/** The event id of a number, in the form of AGS's own. */
export function eventId(number: number): string {
  return `e${number.toString(16).padStart(31, "0")}`;
}

/** The player of a number. */
export function userIdOf(number: number): string {
  return `a${number.toString(16).padStart(31, "0")}`;
}

/** The number that an event id or a player stands for. */
export function numberOf(id: string): number {
  return Number.parseInt(id.slice(1), 16);
}

/** Whether an event is one of the bad ones, where there are any. */
export function isBad(number: number): boolean {
  return number % BAD_EVERY === 0;
}
