/**
 * Tells of every call that a gRPC server gets, whoever answers it: a handler, or
 * grpc-js itself.
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

/** Starts to tell of calls. */
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
      observe(call, {
        path,
        observer: methods.get(path) ?? unknown,
        options,
      }),
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
  /** What it came by. */
  readonly stream: ServerHttp2Stream;
}

/** Where nobody wants to know. */
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

/** Whom to tell of one call. */
interface Told {
  /** Path of its method. */
  readonly path: string;
  /** Who is told. */
  readonly observer: MethodObserver;
  /** Who else is. */
  readonly options: ObserveCallsOptions;
}

/** On the call itself, whose own refusals pass no interceptor. */
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
    // The caller was gone before the call began: nobody is told that it ends.
    if (!observation.isStarted) observation.end(grpc.status.CANCELLED);
  };
  call.sendMessage = (message, callback) => {
    observation.send();
    sendMessage.call(call, message, callback);
  };
  call.sendStatus = (status) => {
    // grpc-js sends none to a caller that is gone.
    if (internals.checkCancelled()) observation.end(grpc.status.CANCELLED);
    else observation.answer(status);
    sendStatus.call(call, status);
  };
  // What grpc-js wants is the interface; its types ask for the one class of its own.
  return call as grpc.ServerInterceptingCall;
}

/** One call. A class, as every event makes one: its functions are made once. */
class Observation implements Listener {
  readonly #told: Told;
  readonly #stream: ServerHttp2Stream;
  readonly #since = performance.now();
  #isEnded = false;
  #hasMessage = false;
  /** Whether whoever serves the method has got it. */
  #isTaken = false;
  /** Who else listens; there before anything is heard. */
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

  /** grpc-js may answer several times: it sends the first one. */
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

/** What a call tells of; grpc-js does not export its type. */
type Listener = Parameters<
  grpc.ServerInterceptingCallInterface["start"]
>[0];
