/**
 * The gRPC source: AGS's `OnMessage` calls in, events out to the app.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import * as grpc from "@grpc/grpc-js";
import type { DispatchOptions, EventTarget } from "../core/app.ts";
import {
  CancelledError,
  DeadlineError,
  UnreadableError,
} from "../core/errors.ts";
import type { Event } from "../core/event.ts";
import type { MemoryBudget } from "../core/memory_budget.ts";
import { type Digest, digestId, digestOf } from "../core/event_id.ts";
import type { Authorizer } from "./auth.ts";
import type { RefusedCall } from "./call_observer.ts";
import type { Result } from "../core/outcome.ts";
import type { Inflater } from "./compression.ts";
import { readEvent, readWithin } from "../events/read_event.ts";
import type { ServedEvent } from "../events/served_events.ts";
import type { Oversized } from "./oversized.ts";
import { type Refusal, refusalOf } from "./status.ts";

/** Options of {@linkcode addEvents}. */
export interface AddEventsOptions {
  /** Where events go. */
  readonly app: EventTarget;
  /** The events to serve. */
  readonly events: readonly ServedEvent[];
  /** What events may take, decoded. @default {as much as they need} */
  readonly memory?: MemoryBudget | undefined;
  /** What a rejected event is answered. */
  readonly onReject: "reject" | "ack";
  /** Says who may send events. @default {everybody} */
  readonly authorize?: Authorizer | undefined;
  /** Inflates events that come compressed. @default {none is} */
  readonly inflater?: Pick<Inflater, "open">;
  /** Reads those that are too large. @default {none is} */
  readonly oversized?: Pick<Oversized, "digestOf">;
  /** Told of calls that come to no event here. @default {nobody} */
  readonly onRefused?: (call: RefusedCall) => void;
}

type Call = grpc.ServerUnaryCall<Buffer, Buffer>;
type Answer = grpc.sendUnaryData<Buffer>;

/** `google.protobuf.Empty`. */
const EMPTY = Buffer.alloc(0);
const NAME = "grpc";

/**
 * Metadata of a call that sends a dead letter's event again: it is run although it
 * was set aside. Whoever may send events may send this; what is done stays done.
 */
const REPLAY = "event-replay";

/** Serves the `OnMessage` method of each event. */
export function addEvents(
  server: grpc.Server,
  options: AddEventsOptions,
): void {
  for (const served of options.events) {
    // Bytes in, decoded here: grpc-js would answer INTERNAL by itself, and be called
    // again for ever, when they do not decode.
    const definition: grpc.MethodDefinition<Buffer, Buffer> = {
      path: served.path,
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    };
    server.addService({ [served.method]: definition }, {
      [served.method]: (call: Call, answer: Answer) => {
        respond(served, options, call).then((response) => {
          if (Buffer.isBuffer(response)) answer(null, response);
          else answer(response);
        });
      },
    });
  }
}

function same(bytes: Buffer): Buffer {
  return bytes;
}

async function respond(
  served: ServedEvent,
  options: AddEventsOptions,
  call: Call,
): Promise<Buffer | Refusal> {
  if (options.authorize !== undefined) {
    const refused = await options.authorize(call.metadata);
    if (refused !== undefined) return refuse(served, options, refused);
  }
  const { request } = call;
  const oversized = options.oversized?.digestOf(request);
  if (oversized !== undefined) {
    const error = tooLarge(oversized);
    return await answer(
      served,
      options,
      call,
      unread(served, oversized, error),
    );
  }
  const inflated = options.inflater?.open(request);
  if (inflated === undefined) {
    return await answerRead(served, options, call, request);
  }
  if (inflated instanceof UnreadableError) {
    const digest = digestOf(request);
    return await answer(
      served,
      options,
      call,
      unread(served, digest, inflated),
    );
  }
  if ("code" in inflated) return refuse(served, options, inflated);
  using message = inflated;
  return await answerRead(served, options, call, message.bytes);
}

async function answerRead(
  served: ServedEvent,
  options: AddEventsOptions,
  call: Call,
  bytes: Buffer,
): Promise<Buffer | Refusal> {
  const { memory } = options;
  if (memory === undefined) {
    const read = readEvent(served, bytes);
    return await answer(served, options, call, { bytes, ...read });
  }
  const read = readWithin(served, bytes, memory);
  using _share = read.share;
  return await answer(served, options, call, { bytes, ...read });
}

function refuse(
  { path: method }: ServedEvent,
  { onRefused }: AddEventsOptions,
  refusal: Refusal,
): Refusal {
  const { code, details } = refusal;
  onRefused?.({ method, code, details });
  return refusal;
}

async function answer(
  served: ServedEvent,
  options: AddEventsOptions,
  call: Call,
  received: Received,
): Promise<Buffer | Refusal> {
  const result = await receive(served, options, call, received);
  return refusalOf(result, options.onReject) ?? answerOf(served, result);
}

async function receive(
  served: ServedEvent,
  { app }: AddEventsOptions,
  call: Call,
  { event, ...received }: Received,
): Promise<Result> {
  const controller = new AbortController();
  const deadline = deadlineOf(call);
  const onCancelled = () => {
    // A caller whose deadline has passed cancels, too.
    controller.abort(
      deadline !== undefined && Date.now() >= deadline - HEAD_START
        ? new DeadlineError("Caller's deadline has passed")
        : new CancelledError("Caller cancelled the call"),
    );
  };
  call.on("cancelled", onCancelled);
  // It may have gone while it was looked at who it is.
  if (call.cancelled) onCancelled();
  const result = await app.dispatch(event, {
    source: NAME,
    controller,
    deadline,
    ...received,
    encode: served.answers?.encode,
    arrival: {
      kind: "rpc",
      name: served.path.slice(1),
      header: (name) => headerOf(call.metadata, name),
    },
    isReplay: call.metadata.get(REPLAY).length > 0,
  });
  // Also emitted after the answer, when there is nothing left to end.
  call.off("cancelled", onCancelled);
  return result;
}

function answerOf({ answers }: ServedEvent, result: Result): Buffer {
  if (answers === undefined) return EMPTY;
  return Buffer.isBuffer(result.answer)
    ? result.answer
    : answers.without(result);
}

/** What is sent more than once is one value with commas (RFC 9110, section 5.3). */
function headerOf(metadata: grpc.Metadata, name: string): string | undefined {
  const values = metadata.get(name);
  return values.length === 0 ? undefined : values.join(",");
}

/**
 * How much earlier than here a caller's deadline may pass there, in milliseconds: its
 * clock runs while the request is on its way.
 */
const HEAD_START = 100;

function deadlineOf(call: Call): number | undefined {
  const deadline = Number(call.getDeadline());
  return Number.isFinite(deadline) ? deadline : undefined;
}

/** What came of a call. */
interface Received extends
  Pick<
    DispatchOptions,
    "bytes" | "digest" | "malformed" | "share" | "isOverloaded"
  > {
  readonly event: Event;
}

function tooLarge({ size }: Digest): UnreadableError {
  return new UnreadableError(
    `Message of ${size} bytes is larger than GRPC_MAX_MESSAGE_BYTES allows`,
    { why: "too_large" },
  );
}

function unread(
  { type, package: source }: ServedEvent,
  digest: Digest,
  malformed: UnreadableError,
): Received {
  const event = { type, source, id: digestId(digest), data: undefined };
  return { event, digest, malformed };
}
