/**
 * The Web PubSub source: its requests in, events out to the app, answers back.
 *
 * @module
 */

import type { WebPubSubConfig } from "../../config/webpubsub.ts";
import type { EventTarget } from "../../core/app.ts";
import type { Logger } from "../../core/context.ts";
import { CancelledError, TerminalError } from "../../core/errors.ts";
import type { InboxReader, InboxWriter } from "../../core/event_inbox.ts";
import {
  type HttpAnswer,
  HttpProblem,
  type HttpRequest,
  type HttpRoute,
} from "../../core/http.ts";
import { InboxError } from "../../core/inbox.ts";
import { type MemoryBudget, tooDear } from "../../core/memory_budget.ts";
import { readContext } from "../context.ts";
import { UpstreamError } from "../errors.ts";
import { fieldsOf } from "../log.ts";
import { allowedOrigin, consent } from "../preflight.ts";
import { kindOf, readRequest, type RequestKind } from "../request.ts";
import type { RequestContext } from "../request_context.ts";
import type { RequestValidator } from "../validator.ts";
import {
  answerFor,
  type BlockingRequest,
  encodeAnswer,
  NOTHING,
} from "./_answer.ts";
import { arrivalOf } from "./_arrival.ts";
import {
  costOf,
  type EventHead,
  eventOf,
  headOf,
  isBlockingKind,
} from "./_event.ts";
import { KeptAnswers } from "./_kept_answers.ts";
import { decodeRecord, encodeRecord } from "./_record.ts";
import { CHANNEL, type RouteOf } from "./_types.ts";

/** Options of {@linkcode createWebPubSubSource}. */
export interface WebPubSubSourceOptions {
  /** Where events go. */
  readonly app: Pick<EventTarget, "dispatch">;
  /** Who takes them. */
  readonly routeOf: RouteOf;
  /** The settings. */
  readonly config: Pick<
    WebPubSubConfig,
    "webPubSubHubs" | "webPubSubPath" | "webPubSubTimeout"
  >;
  /** What proves that an event is Web PubSub's. @default {nothing does} */
  readonly validator: RequestValidator | undefined;
  /** Whether a query has the secret that is set. */
  readonly hasCode: (search: string) => boolean;
  /** Takes part in the inbox, where events go that nobody waits for. */
  readonly register: (reader: InboxReader) => InboxWriter;
  /** What events may take, decoded. */
  readonly memory: MemoryBudget;
  /** Where requests are reported that are refused. */
  readonly log: Logger;
}

/** Most bytes of a body: Web PubSub's largest message has 1 MB. */
const MAX_BODY = 2 * 1_024 * 1_024;
/** What events that nobody waits for are answered. */
const ACCEPTED: HttpAnswer = { status: 200 };
const ALLOW = { allow: "POST, OPTIONS" };

/** Makes the source's routes. */
export function createWebPubSubSource(
  options: WebPubSubSourceOptions,
): readonly HttpRoute[] {
  const { app, routeOf, config, validator, hasCode, memory, log } = options;
  const { webPubSubPath: path, webPubSubTimeout: timeout } = config;
  const hubs = config.webPubSubHubs.map((hub) => hub.toLowerCase());
  const takesHub = (hub: string) => hubs.includes("*") || hubs.includes(hub);
  const kept = new KeptAnswers();
  const writer = options.register({
    source: CHANNEL,
    costOf(record) {
      return 3 * record.length + costOf("connected", new Headers(), record);
    },
    read(record) {
      const { headers, body } = decodeRecord(record);
      const context = readContext(headers);
      const kind = kindOf(context);
      const head = headOf(kind, context, body);
      const route = routeOf(head.type, context.hub);
      if (route === undefined) return undefined;
      return {
        event: eventOf(head, readRequest(kind, context, body)),
        route,
        arrival: arrivalOf(headers, path),
        bytes: record,
      };
    },
  });

  async function onPost(request: HttpRequest): Promise<HttpAnswer> {
    const { headers } = request;
    try {
      if (!headers.get("webhook-request-origin")) {
        return { status: 400, body: "Missing webhook request origin." };
      }
      const context = readContext(headers);
      if (!takesHub(context.hub)) return { status: 404 };
      await check(request, context);
      const kind = kindOf(context);
      const body = await request.body(MAX_BODY);
      return isBlockingKind(kind)
        ? await answer(request, kind, { context, body })
        : await accept(request, kind, { context, body });
    } catch (error) {
      return refuse(headers, error);
    }
  }

  async function check(
    { search, signal }: HttpRequest,
    context: RequestContext,
  ): Promise<void> {
    if (!hasCode(search)) throw new Refusal(401, "Code is missing or wrong");
    let isGenuine: boolean;
    try {
      isGenuine = await validator?.validate(context, signal) ?? true;
    } catch (cause) {
      throw new Refusal(503, "Whether it is genuine cannot be told now", cause);
    }
    if (!isGenuine) throw new Refusal(401, "Event is not genuine");
  }

  /** Has an event handled that Web PubSub waits for. */
  async function answer(
    request: HttpRequest,
    kind: "connect" | "userEvent",
    { context, body }: Whole,
  ): Promise<HttpAnswer> {
    const head = headOf(kind, context, body);
    const route = routeOf(head.type, context.hub);
    const key = `${head.type}/${head.id}`;
    const earlier = kept.get(key);
    if (earlier !== undefined) return earlier;
    const cost = costOf(kind, context.headers, body);
    using share = memory.tryTake(cost);
    if (share === undefined) {
      // Read, it would take more than there is: it is only counted.
      if (route === undefined) return { status: 503 };
      const isTooDear = cost > memory.limit;
      const { outcome } = await app.dispatch({ ...head, data: undefined }, {
        ...deliveryOf(request, route),
        ...(isTooDear
          ? { malformed: tooDear(cost, memory) }
          : { isOverloaded: true }),
      });
      return { status: outcome === "rejected" ? 400 : 503 };
    }
    const event = readRequest(kind, context, body) as BlockingRequest;
    if (route === undefined) return NOTHING;
    const given = await run(event, head) ??
      await run(event, { ...head, id: `${head.id}:${crypto.randomUUID()}` });
    if (given === undefined) return { status: 503 };
    // Without a number it is another event each time.
    const hasNumber = Boolean(context.headers.get("ce-id"));
    if (given.status < 500 && hasNumber) kept.keep(key, given);
    return given;

    async function run(
      event: BlockingRequest,
      head: EventHead,
    ): Promise<HttpAnswer | undefined> {
      const controller = new AbortController();
      const { signal } = request;
      const onAbort = () =>
        controller.abort(new CancelledError("Web PubSub went away"));
      signal.addEventListener("abort", onAbort, { once: true });
      if (signal.aborted) onAbort();
      try {
        const result = await app.dispatch(eventOf(head, event), {
          ...deliveryOf(request, route),
          controller,
          share,
          encode: (value) => encodeAnswer(event, value),
        });
        const given = answerFor(event, result);
        const isError = given !== undefined && given.status >= 400;
        if (isError && result.reason !== "refused") report(given, result);
        return given;
      } finally {
        signal.removeEventListener("abort", onAbort);
      }
    }

    function report(
      { status }: HttpAnswer,
      { outcome, errorId }: {
        readonly outcome: string;
        readonly errorId?: string;
      },
    ): void {
      log.info("Web PubSub was answered an error", {
        ...fieldsOf(context.headers),
        status,
        outcome,
        ...(errorId !== undefined && { errorId }),
      });
    }
  }

  function deliveryOf({ headers }: HttpRequest, route: string | undefined) {
    return {
      source: CHANNEL,
      controller: new AbortController(),
      deadline: Date.now() + timeout,
      route,
      arrival: arrivalOf(headers, path),
    };
  }

  /** Writes an event down that nobody waits for. */
  async function accept(
    request: HttpRequest,
    kind: Exclude<RequestKind, "connect" | "userEvent">,
    { context, body }: Whole,
  ): Promise<HttpAnswer> {
    // What cannot be read is refused now: later nobody would hear of it.
    readRequest(kind, context, body);
    const { type } = headOf(kind, context, body);
    if (routeOf(type, context.hub) === undefined) return ACCEPTED;
    try {
      await writer.append([encodeRecord(context, body)], request.signal);
      return ACCEPTED;
    } catch (error) {
      if (error instanceof InboxError || request.signal.aborted) {
        throw new Refusal(503, "Event was not written down", error);
      }
      throw error;
    }
  }

  function refuse(headers: Headers, error: unknown): HttpAnswer {
    const status = error instanceof UpstreamError || error instanceof Refusal
      ? error.status
      : undefined;
    if (status === undefined && !(error instanceof HttpProblem)) throw error;
    log.warn("Request of Web PubSub was refused", {
      ...fieldsOf(headers),
      status: status ?? (error as HttpProblem).status,
      error,
    });
    if (status === undefined) throw error;
    return {
      status,
      headers: status === 503 ? [["retry-after", "1"]] : [],
    };
  }

  function onPreflight({ headers, method }: HttpRequest): HttpAnswer {
    const origin = allowedOrigin(headers, validator);
    if (origin !== undefined) {
      return { status: 200, headers: consent(origin).headers };
    }
    const hasOrigin = Boolean(headers.get("webhook-request-origin"));
    if (method === "GET" && !hasOrigin) {
      throw new HttpProblem(405, "Method is unknown", { headers: ALLOW });
    }
    log.warn("Refused a preflight: its origin is not configured", {
      ...fieldsOf(headers),
    });
    return hasOrigin
      ? { status: 400 }
      : { status: 400, body: "Missing webhook request origin." };
  }

  const preflight = (request: HttpRequest) => Promise.try(onPreflight, request);
  return [
    { method: "POST", path, handle: onPost },
    { method: "OPTIONS", path, handle: preflight },
    // What Web PubSub tries where something before this answers OPTIONS with 404.
    { method: "GET", path, isListed: false, handle: preflight },
  ];
}

interface Whole {
  readonly context: RequestContext;
  readonly body: Uint8Array;
}

/** Why a request is not taken. */
class Refusal extends TerminalError {
  override name = "Refusal";
  readonly status: number;

  constructor(status: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.status = status;
  }
}
