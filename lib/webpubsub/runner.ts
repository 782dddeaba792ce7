/**
 * Runs the handler of an event.
 *
 * @module
 */

import { answerConnect, answerRefusal, answerUserEvent } from "./answer.ts";
import { Background } from "./background.ts";
import { entryOf, type UpstreamLog } from "./log.ts";
import { ConnectionRefused } from "./refusal.ts";
import type {
  ConnectRequest,
  ServiceRequest,
  UserEventRequest,
} from "./request.ts";
import { ServiceResponse } from "./response.ts";
import type { UpstreamHandlers } from "./upstream_options.ts";

/** An event being handled. */
export interface Run {
  /** The answer. */
  readonly response: Promise<ServiceResponse>;
  /** Settles when the handler has ended, possibly later. */
  readonly ended: Promise<unknown>;
}

/** Options of {@linkcode Runner}. */
export interface RunnerOptions {
  /** The handlers. */
  readonly handlers: UpstreamHandlers;
  /** Time limit for a non-blocking event, in milliseconds. */
  readonly timeout: number;
  /** The most concurrent non-blocking events. */
  readonly maxBackground: number;
  /** Logs their failures. */
  readonly log: UpstreamLog;
}

type Notification = Exclude<ServiceRequest, ConnectRequest | UserEventRequest>;

/** Runs the handlers of blocking and non-blocking events. */
export class Runner {
  readonly #handlers: UpstreamHandlers;
  readonly #log: UpstreamLog;
  readonly #background: Background;

  /** Starts empty. */
  constructor({ handlers, timeout, maxBackground, log }: RunnerOptions) {
    this.#handlers = handlers;
    this.#log = log;
    this.#background = new Background({ limit: maxBackground, timeout });
  }

  /**
   * Handles an event. A non-blocking event is answered at once.
   *
   * @param signal Aborts the handler of a blocking event.
   * @throws {OverloadedError} Too many non-blocking events are running.
   */
  run(request: ServiceRequest, signal: AbortSignal): Run {
    if (request.kind === "connect" || request.kind === "userEvent") {
      const response = this.#answer(request, signal);
      return { response, ended: response };
    }
    const ended = this.#background.start(
      (signal) => this.#notify(request, signal),
      (error) => {
        const { headers } = request.context;
        this.#log.error(...entryOf("Handler failed", headers, error));
      },
    );
    const response = Promise.resolve(new ServiceResponse({ statusCode: 200 }));
    return { response, ended };
  }

  /**
   * Settles when the handlers of non-blocking events have ended, or when the
   * signal aborts.
   */
  drain(signal?: AbortSignal): Promise<void> {
    return this.#background.drain(signal);
  }

  async #answer(
    request: ConnectRequest | UserEventRequest,
    signal: AbortSignal,
  ): Promise<ServiceResponse> {
    const handlers = this.#handlers;
    try {
      if (request.kind === "connect") {
        const answer = await handlers.handleConnect?.(request, signal);
        return answerConnect(request, answer);
      }
      if (handlers.handleUserEvent === undefined) {
        // Microsoft's libraries answer unhandled events this way.
        return new ServiceResponse({ statusCode: 200 });
      }
      const answer = await handlers.handleUserEvent(request, signal);
      return answerUserEvent(request, answer);
    } catch (error) {
      if (!(error instanceof ConnectionRefused)) throw error;
      return answerRefusal(request, error);
    }
  }

  #notify(request: Notification, signal: AbortSignal): unknown {
    const handlers = this.#handlers;
    switch (request.kind) {
      case "connected":
        return handlers.handleConnected?.(request, signal);
      case "disconnected":
        return handlers.handleDisconnected?.(request, signal);
      case "groupJoined":
        return handlers.handleGroupJoined?.(request, signal);
      case "groupLeft":
        return handlers.handleGroupLeft?.(request, signal);
    }
  }
}
