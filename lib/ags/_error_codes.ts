/**
 * What AGS's error codes mean, in the words of AGS's API reference, for the operations
 * that this project calls.
 *
 * @module
 */

/** Codes that AGS's own words beside them may leave unclear. */
const MEANINGS: ReadonlyMap<number, string> = new Map([
  [12241, "the statistic does not exist"],
  [12273, "the statistic may only increase"],
  [12275, "the value is outside the statistic's range"],
  [18140, "the record does not exist"],
  [18180, "the record was changed meanwhile"],
  [18183, "the record was changed meanwhile"],
  [20000, "internal error of AGS"],
  [20001, "the token is not valid"],
  [20002, "a field of the request is not valid"],
  [20006, "somebody else wrote at the same time"],
  [20007, "too many requests"],
  [20013, "the client lacks a permission"],
  [20018, "the request is not valid"],
  [20026, "no season is running"],
  [30341, "the item does not exist"],
  [30343, "no item has this SKU"],
  [35123, "the wallet is not active"],
  [36141, "the currency does not exist"],
  [38121, "the player owns this durable item already"],
  [38122, "a subscription needs an end date"],
  [38128, "the transaction id was used for another grant"],
  [71230, "the leaderboard does not exist"],
  [71233, "the player has no rank on it"],
]);

/**
 * A code as messages have it: `30341, the item does not exist`; the code alone where
 * nothing is known of it.
 *
 * @param code AGS's `errorCode`, or OAuth's `error`.
 */
export function codeText(code: number | string): string {
  const meaning = MEANINGS.get(Number(code));
  return meaning === undefined ? String(code) : `${code}, ${meaning}`;
}
