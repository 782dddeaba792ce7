/**
 * Observes every call of a gRPC server, whether a handler or grpc-js itself
 * answers it.
 *
 * @module
 */

import type { ServerHttp2Stream } from "node:http2";
import * as grpc from "@grpc/grpc-js";
import type {
  CallObserver,
  MethodObserver,
  ObserveCallsOptions,
  ObservedMethod,
} from "./call_observer.ts";

/**
 * Observes a server's calls. Attach it before adding services, and create the
 * server with the interceptor as the outermost one, so that it sees what is
 * finally sent.
 */
export interface CallObservation {
  /** Observes the calls of served methods. */
  readonly interceptor: grpc.ServerInterceptor;
  /** Observes added services, and the calls of other methods. */
  attach(server: grpc.Server): void;
}

const UNKNOWN: ObservedMethod = {
  type: "unknown",
  service: "unknown",
  method: "unknown",
};

/** Starts observing calls. */
export function observeCalls(
  options: ObserveCallsOptions,
): CallObservation {
  const { observer = NOBODY } = options;
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
    // Interceptors do not see calls of methods that are not served.
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
      observe(call, {
        path,
        observer: methods.get(path) ?? unknown,
        options,
      }),
  };
}

/**
 * The internals of grpc-js that are used; its interface offers no other way.
 */
interface ServerInternals {
  /** The handler of a method; `null` if there is none. */
  _retrieveHandler(path: string): object | null;
}
interface CallInternals {
  /** Whether the caller has disconnected. */
  checkCancelled(): boolean;
  /** The stream of the call. */
  readonly stream: ServerHttp2Stream;
}

/** Observes nothing. */
const NOBODY: CallObserver = {
  methodOf: () => ({
    started() {},
    received() {},
    sent() {},
    ended() {},
  }),
};

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

/** The observers of one call. */
interface Told {
  /** Path of its method. */
  readonly path: string;
  /** The observer. */
  readonly observer: MethodObserver;
  /** Further options. */
  readonly options: ObserveCallsOptions;
}

/**
 * Observes the call object, because grpc-js's own refusals pass no interceptor.
 */
function observe(
  call: grpc.ServerInterceptingCallInterface,
  told: Told,
): grpc.ServerInterceptingCall {
  const { start, sendMessage, sendStatus } = call;
  const internals = call as unknown as CallInternals;
  const observation = new Observation(internals.stream, told);
  call.start = (listener) => {
    observation.listener = listener;
    start.call(call, observation);
    // The caller disconnected before the call began: no end would be reported.
    if (!observation.isStarted) observation.end(grpc.status.CANCELLED);
  };
  call.sendMessage = (message, callback) => {
    observation.send();
    sendMessage.call(call, message, callback);
  };
  call.sendStatus = (status) => {
    // grpc-js sends no status to a disconnected caller.
    if (internals.checkCancelled()) observation.end(grpc.status.CANCELLED);
    else observation.answer(status);
    sendStatus.call(call, status);
  };
  // grpc-js accepts any implementation of the interface, but its types require
  // its own class.
  return call as grpc.ServerInterceptingCall;
}

/**
 * One call. It is a class because every event creates one, and methods are
 * created once.
 */
class Observation implements Listener {
  readonly #told: Told;
  readonly #stream: ServerHttp2Stream;
  readonly #since = performance.now();
  #isEnded = false;
  #hasMessage = false;
  /** Whether the handler has received the message. */
  #isTaken = false;
  /** The next listener; set before any event. */
  listener: Listener | undefined;
  /** Whether the call has begun. */
  isStarted = false;

  constructor(stream: ServerHttp2Stream, told: Told) {
    this.#stream = stream;
    this.#told = told;
    told.observer.started();
  }

  end(code: grpc.status): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const seconds = (performance.now() - this.#since) / 1_000;
    this.#told.observer.ended(code, seconds);
  }

  /** grpc-js may answer several times but sends only the first answer. */
  answer({ code = grpc.status.OK, details = "" }: StatusObject): void {
    if (!this.#isEnded && !this.#isTaken && code !== grpc.status.OK) {
      const { path: method, options } = this.#told;
      options.onRefused?.({ method, code, details });
    }
    this.end(code);
  }

  send(): void {
    if (!this.#isEnded) this.#told.observer.sent();
  }

  onReceiveMetadata(metadata: grpc.Metadata): void {
    this.isStarted = true;
    this.listener?.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    this.#hasMessage = true;
    this.#told.observer.received();
    this.listener?.onReceiveMessage(message);
  }

  onReceiveHalfClose(): void {
    this.#isTaken = this.#hasMessage;
    this.listener?.onReceiveHalfClose();
  }

  onCancel(): void {
    // Also called after the answer.
    if (!this.#isEnded) {
      const code = this.#told.options.resetCodeOf?.(this.#stream);
      this.end(code ?? grpc.status.CANCELLED);
    }
    this.listener?.onCancel();
  }
}

type StatusObject = Parameters<
  grpc.ServerInterceptingCallInterface["sendStatus"]
>[0];

/** The listener of a call; grpc-js does not export its type. */
type Listener = Parameters<
  grpc.ServerInterceptingCallInterface["start"]
>[0];
