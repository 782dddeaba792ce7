/**
 * The handlers of each event type.
 *
 * @module
 */

import { AppError, TerminalError } from "./errors.ts";
import {
  channelOf,
  expand,
  type KnownTypes,
  unknownType,
} from "./event_types.ts";
import { fileOf, nameOf } from "./handler_name.ts";
import { type Handler, isHandler } from "./on.ts";
import { MAX_TIMEOUT } from "./async.ts";

/** One handler of an event type. */
export interface Route {
  /** The handler. */
  readonly handler: Handler;
  /** Its name, if several handle the type. */
  readonly sharedAs?: string;
  /** Whether it is the service's own: see {@linkcode withTaps}. @default {false} */
  readonly isTap?: boolean;
}

/** The handlers of each type, and of `channel.*` for open channels. */
export type Routes = ReadonlyMap<string, readonly Route[]>;

/**
 * Finds the handlers of each type, in list order.
 *
 * @throws {AppError} A type does not exist, two handlers of one type have the
 * same name, or a handler's options are invalid. Lists all problems, one per
 * line.
 */
export function routesOf(
  handlers: readonly Handler[],
  known: KnownTypes,
): Routes {
  const routes = new Map<string, Handler[]>();
  const problems: string[] = [];
  for (const [index, handler] of handlers.entries()) {
    if (!isHandler(handler)) {
      problems.push(noHandler(handler, index));
      continue;
    }
    const found = flaws(handler);
    const name = nameOf(handler);
    const expanded = handler.types.map((pattern) => ({
      pattern,
      types: expand(pattern, known),
    }));
    for (const { pattern, types } of expanded) {
      if (types.length === 0) found.push(unknownType(pattern, known));
    }
    for (const type of new Set(expanded.flatMap(({ types }) => types))) {
      const others = routes.get(type) ?? [];
      if (others.some((each) => nameOf(each) === name)) {
        found.push(
          `Event type "${type}" is handled twice by "${name}": expected another ` +
            "name for each handler",
        );
      }
      routes.set(type, [...others, handler]);
    }
    const { declaredAt } = handler;
    const place = declaredAt === undefined ? "" : `${declaredAt}: `;
    problems.push(...found.map((problem) => `${place}${problem}`));
  }
  if (problems.length > 0) {
    throw new AppError([...new Set(problems)].join("\n"));
  }
  return new Map(
    [...routes].map(([type, all]) => [
      type,
      all.map((handler) =>
        all.length === 1 ? { handler } : { handler, sharedAs: nameOf(handler) }
      ),
    ]),
  );
}

/**
 * Adds the service's own handlers, such as the archive's, to those of the studio. A
 * tap always has its name in its keys, and the other handlers keep their keys: switching
 * a tap on or off changes none of them. On an open channel, a tap for all names also
 * gets the events that have a handler of their own.
 *
 * @throws {AppError} A type does not exist.
 */
export function withTaps(
  routes: Routes,
  taps: readonly Handler[],
  known: KnownTypes,
): Routes {
  const all = new Map(routes);
  const tapped = routesOf(taps, known);
  const add = (type: string, handler: Handler) =>
    all.set(type, [
      // A name of an open channel that only a tap has is still its pattern's.
      ...all.get(type) ?? routes.get(`${channelOf(type)}.*`) ?? [],
      { handler, sharedAs: nameOf(handler), isTap: true },
    ]);
  for (const [type, found] of tapped) {
    for (const { handler } of found) add(type, handler);
    const channel = channelOf(type);
    if (type !== `${channel}.*`) continue;
    for (const named of routes.keys()) {
      const isOther = channelOf(named) === channel && !tapped.has(named);
      if (isOther) { for (const { handler } of found) add(named, handler); }
    }
  }
  return all;
}

/**
 * Handles events of open channels that have no handler, by the channels'
 * patterns: one gRPC method carries all names of a channel, so such events
 * arrive.
 *
 * They are rejected as a fault of this app's state. Answering OK would silently
 * lose the messages of a topic that a handler misspells; asking for a
 * redelivery would let an unwanted message block others for ever.
 */
export function leftovers(
  routes: Routes,
  openChannels: readonly string[],
): Routes {
  const used = new Set([...routes.keys()].map(channelOf));
  return new Map(
    openChannels.filter((channel) => used.has(channel))
      .map((
        channel,
      ) => [`${channel}.*`, [{ handler: refuser(`${channel}.*`) }]]),
  );
}

function refuser(pattern: string): Handler {
  return Object.freeze({
    types: Object.freeze([pattern]),
    handle({ type }: Parameters<Handler["handle"]>[0]) {
      throw new TerminalError(
        `No handler takes the event type "${type}": expected one, or one for "${pattern}"`,
        { fault: "state" },
      );
    },
    options: Object.freeze({}),
  });
}

/** What is wrong with an entry of the list that `on()` did not make. */
function noHandler(value: unknown, index: number): string {
  const file = fileOf(value);
  const found = value === null ? "null" : typeof value;
  return file === undefined
    ? `handlers/mod.ts, entry ${
      index + 1
    } of the list: expected what on(…) returns, found ${found}`
    : `handlers/${file}.ts exports no on(…): expected "export default on(…)", ` +
      `found ${found}`;
}

const NAME = /^[\w-]{1,64}$/;

function flaws({ types, options: { timeout, name } }: Handler): string[] {
  const problems: string[] = [];
  if (name !== undefined && !NAME.test(name)) {
    problems.push(
      `Handler's name is "${name}": expected 1 to 64 letters, digits, - and _`,
    );
  }
  if (types.length === 0) {
    problems.push("Handler takes no event type: expected one or more");
  }
  const isUsable = timeout === undefined ||
    (timeout >= 1 && timeout <= MAX_TIMEOUT);
  if (!isUsable) {
    problems.push(
      `Handler of "${
        types.join('", "')
      }" has a timeout of ${timeout}: expected 1 to ${MAX_TIMEOUT} milliseconds`,
    );
  }
  return problems;
}
