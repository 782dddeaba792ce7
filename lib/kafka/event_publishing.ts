/**
 * Publishing for handlers: `ctx.eventStream`.
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
  /** Where events go; `undefined` where there is no event stream. */
  readonly stream: Pick<EventStream, "publishSync"> | undefined;
  /** Publishes within spans; `undefined` where traces are off. */
  readonly trace: TracePublish | undefined;
}

/** Makes `ctx.eventStream` for a delivery. */
export type BindPublish = (delivery: Delivery) => EventPublishing;

/** Time for an event whose handler has no deadline, in milliseconds. */
const TIMEOUT = 10_000;

/** Makes what binds publishing to events. */
export function createEventPublishing(
  { stream, trace }: EventPublishingOptions,
): BindPublish {
  if (stream === undefined) return () => NOWHERE;
  return (delivery) => {
    /** How often the same was published in this run. */
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
        `Event "${name}" on topic "${topic}" is not published: KAFKA_BROKERS is not set`,
        { fault: "state" },
      ),
    ),
};

/** The caller's own trace, where no spans are made. */
function passedOn({ arrival }: Delivery): Readonly<Record<string, string>> {
  const traceparent = arrival?.header("traceparent");
  return traceparent === undefined ? {} : { traceparent };
}

/** What the event at hand says of one that is published while it is handled. */
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
 * An id that the same event has when its handler publishes it again in another run. It
 * looks like those that publishers make up: a v4 UUID without hyphens.
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

/** Payloads that have no JSON are refused later, with their own words. */
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
  const what = `Event "${name}" on topic "${topic}" is not published`;
  const isLater = !isTooLarge(cause) && (cause instanceof DeliveryError ||
    cause instanceof QueueFullError || cause instanceof StreamClosedError ||
    !(cause instanceof EventStreamError));
  return isLater
    ? new RetryableError(what, { cause })
    : new TerminalError(what, { cause, fault: "state" });
}
