/**
 * Notes what handlers do while they run, in the process of the service.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { fillPath } from "../../lib/ags/path.ts";
import type {
  Ags,
  AgsMethod,
  AgsRequestOptions,
  Context,
} from "../../lib/core/context.ts";
import type { Delivery } from "../../lib/core/dispatcher.ts";
import { nameOf } from "../../lib/core/handler_name.ts";
import { type Handler, isHandler } from "../../lib/core/on.ts";
import type { Result } from "../../lib/core/outcome.ts";
import type { Witness } from "../../lib/core/witness.ts";
import type { DeliveryNote, NotedPublication } from "./delivery.ts";
import { gistOf, shortJson } from "./gist.ts";
import { withoutPersonalData } from "./personal_data.ts";

/** Notes what handlers do. */
export interface Activities {
  /** The same handlers, observed. */
  observed(handlers: readonly Handler[]): readonly Handler[];
  /** What is to be told of events and requests. */
  readonly witness: Witness;
}

/** Options of {@linkcode createActivities}. */
export interface ActivitiesOptions {
  /** Takes the notes. */
  readonly note: (note: DeliveryNote) => void;
  /** Whether events of any namespace are handled: nobody has said which is the own one. */
  readonly anyNamespace: boolean;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: string;
  readonly codes: string[];
  gist?: string;
}

interface Activity {
  readonly requests: Request[];
  readonly published: NotedPublication[];
}

/** Most requests and publications of one event that are noted. */
const MAX_NOTED = 200;

/** Creates it. */
export function createActivities(
  { note, anyNamespace }: ActivitiesOptions,
): Activities {
  /** By the signal of a delivery: handler and pipe share it. */
  const activities = new WeakMap<AbortSignal, Activity>();
  const asking = new AsyncLocalStorage<Request>();

  function observe(handler: Handler): Handler {
    // Only the app knows what to say of an entry that on() did not make.
    if (!isHandler(handler)) return handler;
    const { options } = handler;
    return {
      ...handler,
      options: { ...options, ...(anyNamespace && { anyNamespace }) },
      handle(event, ctx) {
        const activity: Activity = { requests: [], published: [] };
        activities.set(ctx.signal, activity);
        return handler.handle(event, watched(ctx, activity));
      },
    };
  }

  function watched(ctx: Context, activity: Activity): Context {
    const { published } = activity;
    function noted<A extends unknown[], R>(
      publish: (...args: A) => Promise<R>,
      describe: (...args: A) => NotedPublication,
    ): (...args: A) => Promise<R> {
      return async (...args) => {
        const publication: Writable<NotedPublication> = describe(...args);
        if (published.length < MAX_NOTED) published.push(publication);
        try {
          return await publish(...args);
        } catch (error) {
          publication.error = messageOf(error);
          throw error;
        }
      };
    }
    // With whatever else a context has, and without making what is made when it is used.
    const same: Context = Object.defineProperties(
      {} as Context,
      Object.getOwnPropertyDescriptors(ctx),
    );
    const ags = watchedAgs(ctx.ags, activity);
    return Object.defineProperties(same, {
      ags: { value: ags, enumerable: true },
      eventStream: {
        enumerable: true,
        get: (): Context["eventStream"] => ({
          ...ctx.eventStream,
          publish: noted(
            ctx.eventStream.publish,
            (topic, { name }) => ({ kind: "event", topic, name }),
          ),
        }),
      },
      messaging: {
        enumerable: true,
        get: (): Context["messaging"] => ({
          ...ctx.messaging,
          publish: noted(
            ctx.messaging.publish,
            (topic) => ({ kind: "message", topic }),
          ),
        }),
      },
    });
  }

  function watchedAgs(ags: Ags, { requests }: Activity): Ags {
    return {
      namespace: ags.namespace,
      async request<T>(
        method: AgsMethod,
        path: string,
        options: AgsRequestOptions = {},
      ) {
        const request: Request = {
          method,
          path: pathOf(path, ags.namespace, options),
          codes: [],
          ...(options.body !== undefined && { body: shortJson(options.body) }),
        };
        if (requests.length < MAX_NOTED) requests.push(request);
        const answer = await asking.run(
          request,
          () => ags.request<T>(method, path, options),
        );
        const gist = gistOf(answer);
        if (gist !== undefined) request.gist = gist;
        return answer;
      },
    };
  }

  function eventEnded(
    delivery: Delivery,
    result: Result,
    { milliseconds }: { readonly milliseconds: number },
  ): void {
    const { event, controller: { signal } } = delivery;
    const activity = activities.get(signal);
    const data = withoutPersonalData(event.data);
    const why = result.why ??
      (result.error === undefined ? undefined : messageOf(result.error));
    note({
      type: event.type,
      id: event.id,
      handler: nameOf(delivery.handler),
      source: delivery.source,
      time: Date.now(),
      milliseconds,
      outcome: result.outcome,
      ...(why !== undefined && { why }),
      requests: activity?.requests ?? [],
      published: activity?.published ?? [],
      ...(data !== undefined && { data }),
    });
  }

  return {
    observed: (handlers) => handlers.map(observe),
    witness: {
      eventEnded,
      requestEnded({ name, code }) {
        // A login that a request waits for is not what its handler asked for.
        const request = asking.getStore();
        if (request === undefined || name.startsWith("POST /iam/v3/oauth/")) {
          return;
        }
        request.codes.push(code);
      },
    },
  };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function pathOf(
  path: string,
  namespace: string,
  { params, query }: AgsRequestOptions,
): string {
  try {
    return fillPath(path, { namespace, ...params }, query);
  } catch {
    // The request itself says what is wrong with it.
    return path;
  }
}

/** An error's text, in which the log's own words end up, too. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(0, MAX_MESSAGE);
}

/** Longest error text that is noted, in characters. */
const MAX_MESSAGE = 500;
