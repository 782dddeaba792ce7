/**
 * The app: handlers, the middleware around them, and the events in flight.
 *
 * @module
 */

import { follow } from "./async.ts";
import type { Context } from "./context.ts";
import {
  compose,
  type Delivery,
  type Middleware,
  type Next,
} from "./dispatcher.ts";
import {
  AppError,
  ShutdownError,
  type TerminalError,
  type UnreadableError,
} from "./errors.ts";
import type { Event } from "./event.ts";
import type { Digest } from "./event_id.ts";
import { channelOf, type OpenTypes } from "./event_types.ts";
import type { MemoryShare } from "./memory_budget.ts";
import type { Handler } from "./on.ts";
import {
  DRAINING,
  HANDLED,
  type Result,
  resultOf,
  worstOf,
} from "./outcome.ts";
import {
  leftovers,
  type Route,
  type Routes,
  routesOf,
  withTaps,
} from "./routes.ts";
import type { Arrival } from "./tracing.ts";

/** Options of {@linkcode createApp}. */
export interface AppOptions {
  /** What `handlers/mod.ts` lists. */
  readonly handlers: readonly Handler[];
  /**
   * The service's own handlers besides those: see `withTaps()`.
   *
   * @default {[]}
   */
  readonly taps?: readonly Handler[];
  /**
   * Every event type that a source can deliver, for patterns and for detecting
   * typing errors.
   */
  readonly knownTypes: readonly string[];
  /**
   * Channels with open event names, such as `asyncMessaging`.
   *
   * @default {[]}
   */
  readonly openChannels?: readonly string[];
  /** Types that follow a rule of their source. @default {[]} */
  readonly openTypes?: readonly OpenTypes[];
  /** Policies around every handler, outermost first. */
  readonly middleware: readonly Middleware[];
  /**
   * Creates the handler's context. `ending` aborts when the handler has ended.
   */
  readonly createContext: (
    delivery: Delivery,
    ending: DisposableStack,
  ) => Context;
  /**
   * Called for deliveries that do not enter the pipe: events that arrive while
   * it drains.
   */
  readonly onRefused?: (delivery: Delivery, result: Result) => void;
}

/** Metadata that a source passes with an event. */
export interface DispatchOptions {
  /** The source: a metric label, such as `grpc`. */
  readonly source: string;
  /** The source aborts it when the caller disconnects. */
  readonly controller: AbortController;
  /** When the caller stops waiting, in milliseconds since the epoch. */
  readonly deadline?: number | undefined;
  /** The message as it arrived: kept if the event becomes a dead letter. */
  readonly bytes?: Uint8Array | undefined;
  /** Size and hash of a message that is not kept. */
  readonly digest?: Digest | undefined;
  /** Why the message does not decode. */
  readonly malformed?: TerminalError | UnreadableError | undefined;
  /**
   * Encodes the handler's return value as the answer, for events that have one.
   */
  readonly encode?: ((value: unknown) => unknown) | undefined;
  /** How it arrived, for traces. */
  readonly arrival?: Arrival | undefined;
  /** Whether an operator replays a dead letter. @default {false} */
  readonly isReplay?: boolean;
  /**
   * The event's share of the event memory. A running handler retains it for as
   * long as it runs.
   */
  readonly share?: MemoryShare | undefined;
  /** Whether there is no memory to decode the event. @default {false} */
  readonly isOverloaded?: boolean | undefined;
  /**
   * Which of the app's types handles it, where the source knows better than the
   * event's type says. @default {the event's type, or its channel's pattern}
   */
  readonly route?: string | undefined;
}

/** A running app. Sources dispatch events to it. */
export interface App {
  /**
   * The event types that have a handler, plus `channel.*` if a handler takes
   * all names of an open channel, sorted. A source has to serve these.
   */
  readonly types: readonly string[];
  /** The same types, with the handlers of each. */
  readonly routes: Routes;
  /** How many events are in flight. */
  readonly inFlight: number;
  /**
   * Passes one event through the pipe to each handler of its type. Always
   * resolves, with the worst of the results: a failed handler runs again on
   * redelivery, and handlers that are done do not.
   *
   * @throws {AppError} No handler takes this type. A source checks `types`
   * first.
   */
  dispatch(event: Event, options: DispatchOptions): Promise<Result>;
  /**
   * Refuses new events, waits for those in flight, and aborts those that are
   * left after `grace` milliseconds. Resolves when none is left, or once
   * handlers that ignore their signal have had `settling` milliseconds. A
   * second call waits for the first.
   *
   * @param grace Time for the events, in milliseconds.
   * @param settling Time for aborted handlers to end, in milliseconds.
   * @default {1000}
   * @returns How many events were aborted.
   */
  drain(grace: number, settling?: number): Promise<number>;
}

/** The part of the app that a source uses. */
export type EventTarget = Pick<App, "types" | "dispatch">;

/**
 * Creates the app.
 *
 * @throws {AppError} A type does not exist, two handlers of one type have the
 * same name, or a handler's options are invalid.
 */
export function createApp(options: AppOptions): App {
  const { handlers, taps = [], knownTypes } = options;
  const { openChannels = [], openTypes = [] } = options;
  const known = { knownTypes, openChannels, openTypes };
  const routes = withTaps(routesOf(handlers, known), taps, known);
  const rest = leftovers(routes, openChannels);
  const pipe = compose(options.middleware, invoke(options.createContext));
  const inFlight = new Set<Delivery>();
  let drained: Promise<number> | undefined;
  let emptied: (() => void) | undefined;

  function dispatch(event: Event, how: DispatchOptions): Promise<Result> {
    let route = how.route ?? event.type;
    let found = routes.get(route);
    if (found === undefined) {
      route = `${channelOf(event.type)}.*`;
      found = routes.get(route) ?? rest.get(route);
    }
    // An undecodable message of an unknown type is refused like any other.
    if (how.malformed !== undefined) found = unreadableRoutes(found);
    const [first, ...others] = found ?? [];
    if (first === undefined) {
      throw new AppError(`No handler takes the event type "${event.type}"`);
    }
    if (others.length === 0) {
      return enter(deliveryOf(event, { ...how, ...first, route }));
    }
    return dispatchToAll([first, ...others], event, { ...how, route });
  }

  /**
   * Each handler gets its own signal, so that the timeout of one does not end
   * another.
   */
  async function dispatchToAll(
    routes: readonly Route[],
    event: Event,
    how: DispatchOptions & { readonly route: string },
  ): Promise<Result> {
    const answerOnce = once(how.encode);
    const results = await Promise.all(routes.map(async (route) => {
      const controller = new AbortController();
      using _following = follow(controller, how.controller.signal);
      const encode = answerOnce?.(route.sharedAs ?? "");
      return await enter(
        deliveryOf(event, { ...how, ...route, controller, encode }),
      );
    }));
    return worstOf(results);
  }

  function enter(delivery: Delivery): Promise<Result> {
    if (drained === undefined) return run(delivery);
    options.onRefused?.(delivery, DRAINING);
    return Promise.resolve(DRAINING);
  }

  async function run(delivery: Delivery): Promise<Result> {
    inFlight.add(delivery);
    try {
      return await pipe(delivery);
    } catch (error) {
      // Middleware that throws has a bug, and the source still needs an answer.
      return resultOf(error, delivery.controller.signal);
    } finally {
      inFlight.delete(delivery);
      if (inFlight.size === 0) emptied?.();
    }
  }

  function drain(grace: number, settling = SETTLE_TIME): Promise<number> {
    return drained ??= end(grace, settling);
  }

  async function end(grace: number, settling: number): Promise<number> {
    if (await isEmptyWithin(grace)) return 0;
    const ended = inFlight.size;
    const reason = new ShutdownError("Service is shutting down");
    for (const delivery of inFlight) delivery.controller.abort(reason);
    await isEmptyWithin(settling);
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
    routes,
    get inFlight() {
      return inFlight.size;
    },
    dispatch,
    drain,
  };
}

/**
 * How long a handler may take to end after its signal aborts, in milliseconds.
 */
const SETTLE_TIME = 1_000;

/** The last step: calls the handler and turns its errors into results. */
function invoke(createContext: AppOptions["createContext"]): Next {
  return async (delivery) => {
    const { event, handler, controller, refusal, encode } = delivery;
    try {
      if (refusal !== undefined) throw refusal;
      controller.signal.throwIfAborted();
      delivery.isRun = true;
      // A handler that ignores its signal keeps the event in memory.
      using _held = delivery.share?.retain();
      using ending = new DisposableStack();
      const context = createContext(delivery, ending);
      const value = await handler.handle(event, context);
      return encode === undefined
        ? HANDLED
        : { ...HANDLED, answer: encode(value) };
    } catch (error) {
      return resultOf(error, controller.signal);
    }
  };
}

/** The route for messages that cannot be read and that no handler takes. */
const UNREADABLE: readonly Route[] = [{
  handler: Object.freeze({
    types: [],
    handle() {},
    options: Object.freeze({}),
  }),
}];

/** Who refuses what cannot be read: one dead letter of the studio's is enough. */
function unreadableRoutes(
  found: readonly Route[] = UNREADABLE,
): readonly Route[] {
  const own = found.filter(({ isTap = false }) => !isTap);
  return own.length > 0 ? own : found;
}

type Delivering = DispatchOptions & Route & { readonly route: string };

function deliveryOf(event: Event, how: Delivering): Delivery {
  return {
    event,
    handler: how.handler,
    sharedAs: how.sharedAs,
    route: how.route,
    source: how.source,
    controller: how.controller,
    deadline: how.deadline,
    attempt: 1,
    bytes: how.bytes,
    digest: how.digest,
    encode: how.encode,
    arrival: how.arrival,
    traceId: undefined,
    isRun: false,
    claim: undefined,
    firstAt: undefined,
    refusal: how.malformed,
    isReplay: how.isReplay ?? false,
    share: how.share,
    isOverloaded: how.isOverloaded ?? false,
  };
}

/**
 * Allows only one handler of an event to answer, because nothing could choose
 * between two.
 */
function once(
  encode: DispatchOptions["encode"],
): ((handler: string) => (value: unknown) => unknown) | undefined {
  if (encode === undefined) return undefined;
  let answered: string | undefined;
  return (handler) => (value) => {
    if (value === undefined) return undefined;
    if (answered !== undefined) {
      throw new TypeError(
        `Handlers "${answered}" and "${handler}" both answer one event: expected one answer`,
      );
    }
    answered = handler;
    return encode(value);
  };
}
