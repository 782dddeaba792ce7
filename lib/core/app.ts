/**
 * The app: handlers, the middleware around them, and the events in flight.
 *
 * @module
 */

import type { Context } from "./context.ts";
import {
  compose,
  type Delivery,
  type Middleware,
  type Next,
} from "./dispatcher.ts";
import { AppError, ShutdownError, type TerminalError } from "./errors.ts";
import type { Event } from "./event.ts";
import type { Handler } from "./on.ts";
import { channelOf, expand, leftovers, unknownType } from "./event_routes.ts";
import {
  DRAINING,
  HANDLED,
  type Result,
  resultOf,
  SKIPPED,
} from "./outcome.ts";
import type { Arrival } from "./tracing.ts";

/** Options of {@linkcode createApp}. */
export interface AppOptions {
  /** What `handlers/mod.ts` lists. */
  readonly handlers: readonly Handler[];
  /** Every event type that a source can deliver, for patterns and for typing errors. */
  readonly knownTypes: readonly string[];
  /**
   * Channels that any name may follow, such as `asyncMessaging`.
   *
   * @default {[]}
   */
  readonly openChannels?: readonly string[];
  /** Policies around every handler, outermost first. */
  readonly middleware: readonly Middleware[];
  /** Makes what the handler gets beside its event. */
  readonly createContext: (delivery: Delivery) => Context;
  /** Called with what does not enter the pipe: events that come while it drains. */
  readonly onRefused?: (delivery: Delivery, result: Result) => void;
}

/** What a source says of an event it delivers. */
export interface DispatchOptions {
  /** Which source: a metric label, such as `grpc`. */
  readonly source: string;
  /** The source aborts it when its caller goes away. */
  readonly controller: AbortController;
  /** When the caller stops waiting, in milliseconds since the epoch. */
  readonly deadline?: number | undefined;
  /** The message as it arrived: kept if the event becomes a dead letter. */
  readonly bytes?: Uint8Array | undefined;
  /** Why what arrived does not decode. */
  readonly malformed?: TerminalError | undefined;
  /** Makes the answer of what the handler returns, for events that have one. */
  readonly encode?: ((value: unknown) => unknown) | undefined;
  /** How it arrived, for traces. */
  readonly arrival?: Arrival | undefined;
  /** An operator sends again what was set aside. @default {false} */
  readonly isReplay?: boolean;
}

/** A running app. Sources dispatch events to it. */
export interface App {
  /**
   * The event types that have a handler, and `channel.*` for the handler of all names
   * of an open channel, sorted: what a source has to serve.
   */
  readonly types: readonly string[];
  /** How many events are in flight. */
  readonly inFlight: number;
  /**
   * Takes one event through the pipe. Resolves always.
   *
   * @throws {AppError} No handler takes this type: a source asks for `types` first.
   */
  dispatch(event: Event, options: DispatchOptions): Promise<Result>;
  /**
   * Takes no new events, waits for those in flight, and ends those that are left
   * after `grace` milliseconds. Resolves when none is left, or when those that do
   * not heed their signal have had a moment. A second call waits for the first.
   *
   * @returns How many had to be ended.
   */
  drain(grace: number): Promise<number>;
}

/**
 * Puts the app together.
 *
 * @throws {AppError} Two handlers take the same type, a type does not exist, or a
 * handler's options make no sense.
 */
export function createApp(options: AppOptions): App {
  const routes = route(options);
  const rest = leftovers(routes, options.openChannels ?? []);
  const pipe = compose(options.middleware, invoke(options.createContext));
  const inFlight = new Set<Delivery>();
  let drained: Promise<number> | undefined;
  let emptied: (() => void) | undefined;

  function dispatch(event: Event, how: DispatchOptions): Promise<Result> {
    let route = event.type;
    let handler = routes.get(route);
    if (handler === undefined) {
      route = `${channelOf(event.type)}.*`;
      handler = routes.get(route) ?? rest.get(route);
    }
    if (handler === undefined) {
      throw new AppError(`No handler takes the event type "${event.type}"`);
    }
    const delivery: Delivery = {
      event,
      handler,
      route,
      source: how.source,
      controller: how.controller,
      deadline: how.deadline,
      attempt: 1,
      bytes: how.bytes,
      encode: how.encode,
      arrival: how.arrival,
      traceId: undefined,
      isRun: false,
      claim: undefined,
      firstAt: undefined,
      exhausted: undefined,
      malformed: how.malformed,
      isReplay: how.isReplay ?? false,
    };
    if (drained === undefined) return run(delivery);
    options.onRefused?.(delivery, DRAINING);
    return Promise.resolve(DRAINING);
  }

  async function run(delivery: Delivery): Promise<Result> {
    inFlight.add(delivery);
    try {
      return await pipe(delivery);
    } catch (error) {
      // Middleware that throws is a bug, and the source still needs an answer.
      return resultOf(error, delivery.controller.signal);
    } finally {
      inFlight.delete(delivery);
      if (inFlight.size === 0) emptied?.();
    }
  }

  function drain(grace: number): Promise<number> {
    return drained ??= end(grace);
  }

  async function end(grace: number): Promise<number> {
    if (await isEmptyWithin(grace)) return 0;
    const ended = inFlight.size;
    const reason = new ShutdownError("Service is shutting down");
    for (const delivery of inFlight) delivery.controller.abort(reason);
    await isEmptyWithin(SETTLE_TIME);
    return ended;
  }

  function isEmptyWithin(milliseconds: number): Promise<boolean> {
    if (inFlight.size === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), milliseconds);
      emptied = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  return {
    types: [...routes.keys()].sort(),
    get inFlight() {
      return inFlight.size;
    },
    dispatch,
    drain,
  };
}

/** How long a handler may take to heed its ended signal, in milliseconds. */
const SETTLE_TIME = 1_000;

/** The last step: the handler itself, its errors turned into results. */
function invoke(createContext: AppOptions["createContext"]): Next {
  return async (delivery) => {
    const { event, handler, controller, malformed, exhausted, encode } =
      delivery;
    try {
      if (exhausted !== undefined) throw exhausted;
      if (malformed !== undefined) throw malformed;
      controller.signal.throwIfAborted();
      if (handler.options.filter?.(event) === false) return SKIPPED;
      delivery.isRun = true;
      const value = await handler.handle(event, createContext(delivery));
      return encode === undefined
        ? HANDLED
        : { ...HANDLED, answer: encode(value) };
    } catch (error) {
      return resultOf(error, controller.signal);
    }
  };
}

function route(options: AppOptions): ReadonlyMap<string, Handler> {
  const { handlers, knownTypes, openChannels = [] } = options;
  const known = { knownTypes, openChannels };
  const routes = new Map<string, Handler>();
  const problems: string[] = [];
  for (const handler of handlers) {
    const found = flaws(handler);
    for (const pattern of handler.types) {
      const types = expand(pattern, known);
      if (types.length === 0) found.push(unknownType(pattern, known));
      for (const type of types) {
        if (routes.has(type)) {
          found.push(
            `Event type "${type}" is handled twice: wanted one handler per event type`,
          );
        }
        routes.set(type, handler);
      }
    }
    const { declaredAt } = handler;
    const place = declaredAt === undefined ? "" : `${declaredAt}: `;
    problems.push(...found.map((problem) => `${place}${problem}`));
  }
  if (problems.length > 0) {
    throw new AppError([...new Set(problems)].join("\n"));
  }
  return routes;
}

/** The longest timer that JavaScript has: a longer one fires at once. */
const MAX_TIMEOUT = 2 ** 31 - 1;

function flaws({ types, options: { timeout } }: Handler): string[] {
  const problems: string[] = [];
  if (types.length === 0) {
    problems.push("Handler takes no event type: wanted one or more");
  }
  const isUsable = timeout === undefined ||
    (timeout >= 1 && timeout <= MAX_TIMEOUT);
  if (!isUsable) {
    problems.push(
      `Handler of "${
        types.join('", "')
      }" has a timeout of ${timeout}: wanted 1 to ${MAX_TIMEOUT} milliseconds`,
    );
  }
  return problems;
}
