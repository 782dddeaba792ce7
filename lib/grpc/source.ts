/**
 * The gRPC source: turns AGS's `OnMessage` calls into events for the app.
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
  /** The app that takes the events. */
  readonly app: EventTarget;
  /** The events to serve. */
  readonly events: readonly ServedEvent[];
  /** The memory budget for decoded events. @default {unlimited} */
  readonly memory?: MemoryBudget | undefined;
  /** The answer to a rejected event. */
  readonly onReject: "reject" | "ack";
  /** Authorizes the sending of events. @default {everybody} */
  readonly authorize?: Authorizer | undefined;
  /** Decompresses events. @default {none are compressed} */
  readonly inflater?: Pick<Inflater, "open">;
  /** Recognises events that are too large. @default {none are} */
  readonly oversized?: Pick<Oversized, "digestOf">;
  /** Called for calls that become no event. @default {none} */
  readonly onRefused?: (call: RefusedCall) => void;
}

type Call = grpc.ServerUnaryCall<Buffer, Buffer>;
type Answer = grpc.sendUnaryData<Buffer>;

/** `google.protobuf.Empty`. */
const EMPTY = Buffer.alloc(0);
const NAME = "grpc";

/**
 * Metadata of a call that replays a dead letter: the event runs although it is
 * a dead letter. Anybody who may send events may send it; a handled event stays
 * handled.
 */
const REPLAY = "event-replay";

/** Serves the `OnMessage` method of each event. */
export function addEvents(
  server: grpc.Server,
  options: AddEventsOptions,
): void {
  for (const served of options.events) {
    // Receives bytes and decodes them here: if decoding failed in grpc-js, it
    // would answer INTERNAL, and the event would be delivered again for ever.
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
    // A caller whose deadline has passed also cancels.
    controller.abort(
      deadline !== undefined && Date.now() >= deadline - HEAD_START
        ? new DeadlineError("Caller's deadline has passed")
        : new CancelledError("Caller cancelled the call"),
    );
  };
  call.on("cancelled", onCancelled);
  // It may have disconnected during authorization.
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
  // Also emitted after the answer, when there is nothing left to abort.
  call.off("cancelled", onCancelled);
  return result;
}

function answerOf({ answers }: ServedEvent, result: Result): Buffer {
  if (answers === undefined) return EMPTY;
  return Buffer.isBuffer(result.answer)
    ? result.answer
    : answers.without(result);
}

/**
 * A header sent more than once counts as one value with commas (RFC 9110,
 * section 5.3).
 */
function headerOf(metadata: grpc.Metadata, name: string): string | undefined {
  const values = metadata.get(name);
  return values.length === 0 ? undefined : values.join(",");
}

/**
 * How much earlier a caller's deadline may pass on its side, in milliseconds:
 * its clock runs while the request is in transit.
 */
const HEAD_START = 100;

function deadlineOf(call: Call): number | undefined {
  const deadline = Number(call.getDeadline());
  return Number.isFinite(deadline) ? deadline : undefined;
}

/** What was received from a call. */
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
