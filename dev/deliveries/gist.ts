/**
 * What matters of requests and answers, in short.
 *
 * @module
 */

import { isObject } from "../../lib/core/is_object.ts";

/** Longest text, in characters. */
const MAX_LENGTH = 120;

/** JSON, cut where it is long. */
export function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…`;
}

/**
 * What an answer of AGS says that was done: items that were granted, coins, values of
 * statistics; `undefined` for one that says nothing of that.
 */
export function gistOf(answer: unknown): string | undefined {
  const parts = Array.isArray(answer)
    ? answer.flatMap(statGist)
    : isObject(answer)
    ? objectGist(answer)
    : [];
  return parts.length === 0 ? undefined : parts.slice(0, 5).join(", ");
}

function objectGist(answer: Record<string, unknown>): readonly string[] {
  const each = (name: string) =>
    Array.isArray(answer[name]) ? answer[name].filter(isObject) : [];
  return [
    ...each("entitlementSummaries").map(({ itemId, stackedUseCount }) =>
      `granted item ${itemId}` +
      (typeof stackedUseCount === "number" ? `, ${stackedUseCount} left` : "")
    ),
    ...each("creditSummaries").map(({ amount, currencyCode }) =>
      `credited ${amount} ${currencyCode}`
    ),
    ...each("subscriptionSummaries").map(({ itemId }) =>
      `subscribed to ${itemId}`
    ),
    ...(typeof answer.balance === "number" &&
        typeof answer.currencyCode === "string"
      ? [`balance ${answer.balance} ${answer.currencyCode}`]
      : []),
  ];
}

function statGist(result: unknown): readonly string[] {
  if (!isObject(result) || typeof result.statCode !== "string") return [];
  const details = isObject(result.details) ? result.details : {};
  return result.success === true
    ? [`${result.statCode} is ${details.currentValue}`]
    : [`${result.statCode} not changed (${details.errorCode ?? "no code"})`];
}
