/**
 * Tells of every call that a gRPC server gets, whoever answers it: a handler, or
 * grpc-js itself.
 *
 * @module
 */

import * as grpc from "@grpc/grpc-js";

/** A method, as its definition has it. */
export interface ObservedMethod {
  /**
   * What is streamed; `unknown` for all methods that are not served: their names are
   * the callers', and there is no end of them.
   */
  readonly type:
    | "unary"
    | "client_stream"
    | "server_stream"
    | "bidi_stream"
    | "unknown";
  /** Full name of its service. */
  readonly service: string;
  /** Its own name. */
  readonly method: string;
}

/** Told of the calls of one method. Must not throw. */
export interface MethodObserver {
  /** A call has come in. */
  started(): void;
  /** A message of the caller has come. */
  received(): void;
  /** A message is sent to the caller. */
  sent(): void;
  /**
   * A call is over; said once a call.
   *
   * @param code What the caller got; CANCELLED when it did not wait for it.
   * @param seconds How long it took.
   */
  ended(code: grpc.status, seconds: number): void;
}

/** Told of a server's methods. */
export interface CallObserver {
  /** Makes who is told of a method's calls, when the method is added. */
  methodOf(method: ObservedMethod): MethodObserver;
}

/**
 * Has a server tell of its calls. To be called before services are added and with the
 * server made with the interceptor, outermost: it sees what is sent in the end.
 */
export interface CallObservation {
  /** Sees the calls of methods that are served. */
  readonly interceptor: grpc.ServerInterceptor;
  /** Sees the services that are added, and the calls of methods that are not. */
  attach(server: grpc.Server): void;
}

const UNKNOWN: ObservedMethod = {
  type: "unknown",
  service: "unknown",
  method: "unknown",
};

/** Starts telling `observer`. */
export function observeCalls(observer: CallObserver): CallObservation {
  const methods = new Map<string, MethodObserver>();
  const unknown = observer.methodOf(UNKNOWN);

  function attach(server: grpc.Server): void {
    const addService = server.addService.bind(server);
    server.addService = (service, implementation) => {
      addService(service, implementation);
      for (const definition of Object.values(service)) {
        const method = methodOf(definition);
        methods.set(definition.path, observer.methodOf(method));
      }
    };
    // No interceptor sees a call of a method that is not served.
    const internals = server as unknown as ServerInternals;
    const retrieve = internals._retrieveHandler.bind(server);
    internals._retrieveHandler = (path) => {
      const handler = retrieve(path);
      if (handler === null) {
        unknown.started();
        unknown.ended(grpc.status.UNIMPLEMENTED, 0);
      }
      return handler;
    };
  }

  return {
    attach,
    interceptor: ({ path }, call) =>
      observe(call, methods.get(path) ?? unknown),
  };
}

/** What is used of grpc-js beside its interface; it has no other way to know. */
interface ServerInternals {
  /** The handler of a method; `null` when there is none. */
  _retrieveHandler(path: string): object | null;
}
interface CallInternals {
  /** Whether the caller is gone. */
  checkCancelled(): boolean;
}

function methodOf(
  { path, requestStream, responseStream }: grpc.MethodDefinition<
    unknown,
    unknown
  >,
): ObservedMethod {
  const [, service = "", method = ""] = path.split("/");
  const type = requestStream
    ? responseStream ? "bidi_stream" : "client_stream"
    : responseStream
    ? "server_stream"
    : "unary";
  return { type, service, method };
}

/** On the call itself, whose own refusals pass no interceptor. */
function observe(
  call: grpc.ServerInterceptingCallInterface,
  observer: MethodObserver,
): grpc.ServerInterceptingCall {
  const { start, sendMessage, sendStatus } = call;
  const observation = new Observation(observer);
  call.start = (listener) => {
    observation.listener = listener;
    start.call(call, observation);
    // The caller was gone before the call began: nobody is told that it ends.
    if (!observation.isStarted) observation.end(grpc.status.CANCELLED);
  };
  call.sendMessage = (message, callback) => {
    observation.send();
    sendMessage.call(call, message, callback);
  };
  call.sendStatus = (status) => {
    // grpc-js sends none to a caller that is gone.
    const isGone = (call as unknown as CallInternals).checkCancelled();
    const code = status.code ?? grpc.status.OK;
    observation.end(isGone ? grpc.status.CANCELLED : code);
    sendStatus.call(call, status);
  };
  // What grpc-js wants is the interface; its types ask for the one class of its own.
  return call as grpc.ServerInterceptingCall;
}

/** One call. A class, as every event makes one: its functions are made once. */
class Observation implements Listener {
  readonly #observer: MethodObserver;
  readonly #since = performance.now();
  #isEnded = false;
  /** Who else listens; there before anything is heard. */
  listener: Listener | undefined;
  /** Whether the call has begun. */
  isStarted = false;

  constructor(observer: MethodObserver) {
    this.#observer = observer;
    observer.started();
  }

  end(code: grpc.status): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#observer.ended(code, (performance.now() - this.#since) / 1_000);
  }

  send(): void {
    if (!this.#isEnded) this.#observer.sent();
  }

  onReceiveMetadata(metadata: grpc.Metadata): void {
    this.isStarted = true;
    this.listener?.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    this.#observer.received();
    this.listener?.onReceiveMessage(message);
  }

  onReceiveHalfClose(): void {
    this.listener?.onReceiveHalfClose();
  }

  onCancel(): void {
    // Also called after the answer.
    this.end(grpc.status.CANCELLED);
    this.listener?.onCancel();
  }
}

/** What a call tells of; grpc-js does not export its type. */
type Listener = Parameters<
  grpc.ServerInterceptingCallInterface["start"]
>[0];
