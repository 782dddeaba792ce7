/**
 * Which event types a pattern stands for.
 *
 * @module
 */

import { nearest } from "./nearest.ts";

/** The event types that there are. */
export interface KnownTypes {
  /** Types with fixed names. */
  readonly knownTypes: readonly string[];
  /** Channels that any name may follow. */
  readonly openChannels: readonly string[];
}

/** The channel of an event type: what comes before its first dot. */
export function channelOf(type: string): string {
  const dot = type.indexOf(".");
  return dot < 0 ? type : type.slice(0, dot);
}

/**
 * The types that a pattern stands for; none when it does not exist. All names of an
 * open channel are one: its pattern.
 */
export function expand(
  pattern: string,
  { knownTypes, openChannels }: KnownTypes,
): readonly string[] {
  const channel = channelOf(pattern);
  if (openChannels.includes(channel)) {
    const name = pattern.slice(channel.length + 1);
    const isUsable = name === "*" || (name !== "" && !name.includes("*"));
    return isUsable ? [pattern] : [];
  }
  if (!pattern.endsWith(".*")) {
    return knownTypes.includes(pattern) ? [pattern] : [];
  }
  return knownTypes.filter((type) => type.startsWith(pattern.slice(0, -1)));
}

/** Says that a type does not exist, and what may have been meant. */
export function unknownType(
  pattern: string,
  { knownTypes, openChannels }: KnownTypes,
): string {
  const name = pattern.slice(channelOf(pattern).length + 1);
  const isChannel = name === "" || name.includes("*");
  // Their names say nothing: only a channel that is nearly right is one that was meant.
  const channel = nearest(channelOf(pattern), openChannels);
  const open = channel === undefined
    ? []
    : [`${channel}.${isChannel ? "*" : name}`];
  const channels = knownTypes.map((type) => `${channelOf(type)}.*`);
  const isPattern = pattern.endsWith(".*");
  const candidates = new Set([...(isPattern ? channels : knownTypes), ...open]);
  const closest = nearest(pattern, candidates);
  const hint = closest === undefined ? "" : `: did you mean "${closest}"`;
  return `Event type "${pattern}" does not exist${hint}`;
}
