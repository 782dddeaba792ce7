/**
 * The event types that a pattern matches.
 *
 * @module
 */

import { nearest } from "./nearest.ts";

/** The known event types. */
export interface KnownTypes {
  /** Types with fixed names. */
  readonly knownTypes: readonly string[];
  /** Channels with open event names. */
  readonly openChannels: readonly string[];
  /** Types that follow a rule of their source. @default {none} */
  readonly openTypes?: readonly OpenTypes[];
}

/** Types of one channel that follow a rule: some of their parts are anybody's. */
export interface OpenTypes {
  /** The channel. */
  readonly channel: string;
  /** Whether a type, or a pattern, is one. */
  has(type: string): boolean;
  /** What may have been meant by one that is not; `undefined` if nobody knows. */
  meant(type: string): string | undefined;
}

/** The channel of an event type: the part before its first dot. */
export function channelOf(type: string): string {
  const dot = type.indexOf(".");
  return dot < 0 ? type : type.slice(0, dot);
}

/**
 * The types that a pattern matches; none if it does not exist. An open channel
 * has one type for all names: its pattern.
 */
export function expand(
  pattern: string,
  { knownTypes, openChannels, openTypes = [] }: KnownTypes,
): readonly string[] {
  const channel = channelOf(pattern);
  if (openChannels.includes(channel)) {
    const name = pattern.slice(channel.length + 1);
    const isUsable = name === "*" || (name !== "" && !name.includes("*"));
    return isUsable ? [pattern] : [];
  }
  if (openTypes.some((each) => each.has(pattern))) return [pattern];
  if (!pattern.endsWith(".*")) {
    return knownTypes.includes(pattern) ? [pattern] : [];
  }
  return knownTypes.filter((type) => type.startsWith(pattern.slice(0, -1)));
}

/**
 * The event type nearest to a misspelt one; `undefined` if none resembles it. A name
 * without its channel, and one with a wrong channel, are compared with names, too.
 *
 * @param type The misspelt type.
 * @param candidates Types, or patterns of channels.
 */
export function nearestType(
  type: string,
  candidates: Iterable<string>,
): string | undefined {
  const all = [...candidates];
  const [, wanted = type] = /\.(.+)$/.exec(type) ?? [];
  const names = new Map(
    all.map((each) => [each.slice(channelOf(each).length + 1), each] as const)
      .filter(([name]) => name !== "" && name !== "*").reverse(),
  );
  const sameName = [...names.keys()].find((name) =>
    name.toLowerCase() === wanted.toLowerCase()
  );
  if (sameName !== undefined) {
    // Several channels may have the name: the one that is spelt most like it.
    const owners = all.filter((each) => each.endsWith(`.${sameName}`));
    return nearest(type, owners) ?? owners[0];
  }
  if (type.includes(".")) return nearest(type, all);
  const closest = nearest(type, names.keys());
  return closest === undefined ? nearest(type, all) : names.get(closest);
}

/**
 * The error text for a type that does not exist, with the closest known type.
 */
export function unknownType(
  pattern: string,
  { knownTypes, openChannels, openTypes = [] }: KnownTypes,
): string {
  const name = pattern.slice(channelOf(pattern).length + 1);
  const isChannel = name === "" || name.includes("*");
  // Names in open channels are arbitrary, so only the channel can be compared.
  const channel = nearest(channelOf(pattern), openChannels);
  const open = channel === undefined
    ? []
    : [`${channel}.${isChannel ? "*" : name}`];
  const channels = knownTypes.map((type) => `${channelOf(type)}.*`);
  const isPattern = pattern.endsWith(".*");
  const candidates = new Set([...(isPattern ? channels : knownTypes), ...open]);
  const closest =
    openTypes.find(({ channel }) => channel === channelOf(pattern))
      ?.meant(pattern) ?? nearestType(pattern, candidates);
  const hint = closest === undefined ? "" : `: did you mean "${closest}"`;
  return `Event type "${pattern}" does not exist${hint}`;
}
