/**
 * Publishing for handlers: implements `ctx.eventStream`.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Delivery } from "../core/dispatcher.ts";
import { RetryableError, TerminalError } from "../core/errors.ts";
import type {
  EventPublishing,
  PublishEventOptions,
} from "../core/event_publishing.ts";
import type { TracePublish } from "../core/tracing.ts";
import {
  DeliveryError,
  EventStreamError,
  QueueFullError,
  StreamClosedError,
} from "../eventstream/errors.ts";
import { goJson } from "../eventstream/go_json.ts";
import { isTooLarge } from "../eventstream/letter_forms.ts";
import type { PublishedEvent } from "../eventstream/outgoing_event.ts";
import type { EventStream } from "../eventstream/stream.ts";

/** Options of {@linkcode createEventPublishing}. */
export interface EventPublishingOptions {
  /** The stream that events go to; `undefined` if there is none. */
  readonly stream: Pick<EventStream, "publishSync"> | undefined;
  /** Publishes in spans; `undefined` if traces are off. */
  readonly trace: TracePublish | undefined;
}

/** Creates `ctx.eventStream` for a delivery. */
export type BindPublish = (delivery: Delivery) => EventPublishing;

/** Time limit for an event whose handler has no deadline, in milliseconds. */
const TIMEOUT = 10_000;

/** Creates the function that binds publishing to events. */
export function createEventPublishing(
  { stream, trace }: EventPublishingOptions,
): BindPublish {
  if (stream === undefined) return () => NOWHERE;
  return (delivery) => {
    /** How many times the same event was published in this run. */
    const published = new Map<string, number>();
    const publish: EventPublishing["publish"] = async (
      topic,
      { name, payload = {} },
      options = {},
    ) => {
      const own = options.signal;
      const { controller: { signal: ending }, deadline } = delivery;
      const signal = own === undefined
        ? ending
        : AbortSignal.any([ending, own]);
      signal.throwIfAborted();
      const asked = delivery.lease?.confirm();
      if (asked !== undefined) await asked;
      const timeout = deadline === undefined
        ? TIMEOUT
        : Math.max(1, deadline - Date.now());
      const send = (headers: Readonly<Record<string, string>>) =>
        stream.publishSync(
          {
            ...outgoing(delivery, { ...options, headers }),
            topic,
            name,
            payload,
            id: options.id ??
              idOf({ delivery, topic, name, payload }, published),
          },
          { signal, timeout },
        );
      try {
        await (trace === undefined
          ? send(passedOn(delivery))
          : trace({ topic, name }, send));
      } catch (cause) {
        if (ending.aborted) throw ending.reason;
        throw errorOf(cause, { topic, name });
      }
    };
    return { publish };
  };
}

const NOWHERE: EventPublishing = {
  publish: (topic, { name }) =>
    Promise.reject(
      new TerminalError(
        `Event "${name}" on topic "${topic}" was not published: KAFKA_BROKERS is not set`,
        { fault: "state" },
      ),
    ),
};

/** The caller's own trace, if no spans are created. */
function passedOn({ arrival }: Delivery): Readonly<Record<string, string>> {
  const traceparent = arrival?.header("traceparent");
  return traceparent === undefined ? {} : { traceparent };
}

/** The attributes that the current event passes on to a published one. */
function outgoing(
  { event, traceId }: Delivery,
  { headers, ...options }: PublishEventOptions & {
    readonly headers: Readonly<Record<string, string>>;
  },
): Omit<PublishedEvent, "topic" | "name"> {
  const { signal: _, ...said } = options;
  const { namespace, subject } = event;
  const sessionId = textOf(event.data, "sessionId");
  const clientId = textOf(event.data, "clientId");
  const trace = traceId ?? textOf(event.data, "traceId");
  const { traceparent } = headers;
  return {
    ...(namespace !== undefined && { namespace }),
    ...(subject !== undefined && { userId: subject }),
    ...(sessionId !== undefined && { sessionId }),
    ...(clientId !== undefined && { clientId }),
    ...(trace !== undefined && { traceId: trace }),
    ...(traceparent !== undefined && { spanContext: traceparent }),
    ...said,
    ...(Object.keys(headers).length > 0 && { headers }),
  };
}

function textOf(data: unknown, name: string): string | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const value = Object.hasOwn(data, name) ? Reflect.get(data, name) : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}

interface Publishing {
  readonly delivery: Delivery;
  readonly topic: string;
  readonly name: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * An id that is the same when the handler publishes the event again in another
 * run. It has the form of publishers' ids: a v4 UUID without hyphens.
 */
function idOf(
  { delivery: { event }, topic, name, payload }: Publishing,
  published: Map<string, number>,
): string {
  const content = hashOf(
    [event.type, event.id, topic, name, jsonOf(payload)].join("\n"),
  );
  const count = published.get(content) ?? 0;
  published.set(content, count + 1);
  const hash = count === 0 ? content : hashOf(`${content}\n${count}`);
  return `${hash.slice(0, 12)}4${hash.slice(13, 16)}8${hash.slice(17, 32)}`;
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/**
 * Payloads that cannot be written as JSON are refused later, with a proper
 * error.
 */
function jsonOf(payload: Readonly<Record<string, unknown>>): string {
  try {
    return goJson(payload);
  } catch {
    return "";
  }
}

function errorOf(
  cause: unknown,
  { topic, name }: { readonly topic: string; readonly name: string },
): Error {
  const what = `Event "${name}" on topic "${topic}" was not published`;
  const isLater = !isTooLarge(cause) && (cause instanceof DeliveryError ||
    cause instanceof QueueFullError || cause instanceof StreamClosedError ||
    !(cause instanceof EventStreamError));
  return isLater
    ? new RetryableError(what, { cause })
    : new TerminalError(what, { cause, fault: "state" });
}
