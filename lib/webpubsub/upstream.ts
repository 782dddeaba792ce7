/**
 * The upstream that Web PubSub calls: events in, answers out.
 *
 * @module
 */

import { readBody } from "./body_reader.ts";
import { readContext } from "./context.ts";
import type { RequestContext } from "./request_context.ts";
import { Deadline } from "./deadline.ts";
import {
  HeaderNotFound,
  UpstreamError,
  ValidationFailedError,
  ValidatorUnavailableError,
} from "./errors.ts";
import { type HeadersLike, toHeaders } from "./headers.ts";
import { Budget, Share } from "./limits.ts";
import { consoleLog, entryOf, fieldsOf, type UpstreamLog } from "./log.ts";
import { pathTest } from "./path_pattern.ts";
import { allowedOrigin, consent } from "./preflight.ts";
import { kindOf, readRequest, type ServiceRequest } from "./request.ts";
import { ServiceResponse } from "./response.ts";
import { type Run, Runner } from "./runner.ts";
import type {
  FetchHandler,
  UpstreamOptions,
  WrapOptions,
} from "./upstream_options.ts";
import type { RequestValidator } from "./validator.ts";

const MISSING_ORIGIN = "Missing webhook request origin.";

/**
 * Answers Azure Web PubSub's CloudEvents, in any server that uses the Fetch
 * standard.
 */
export class WebPubSubUpstream {
  readonly #options: UpstreamOptions;
  readonly #validator: RequestValidator | undefined;
  readonly #hubs: ReadonlySet<string> | undefined;
  readonly #log: UpstreamLog;
  readonly #timeout: number;
  readonly #maxBodyBytes: number;
  readonly #events: Budget;
  readonly #bytes: Budget;
  readonly #runner: Runner;

  /**
   * Takes the handlers and a validator.
   *
   * @throws {TypeError} No validator is given.
   */
  constructor(options: UpstreamOptions) {
    const { validator, hubs, timeout = 20_000, log = consoleLog } = options;
    if (validator === undefined) {
      throw new TypeError(
        'Cannot accept events without a validator: expected one, or "none"',
      );
    }
    this.#options = options;
    this.#validator = validator === "none" ? undefined : validator;
    this.#hubs = hubs && new Set(hubs.map((hub) => hub.toLowerCase()));
    this.#log = log;
    this.#timeout = timeout;
    this.#maxBodyBytes = options.maxBodyBytes ?? 2 * 1_024 * 1_024;
    this.#events = new Budget(options.maxConcurrency ?? 1_024, "events");
    this.#bytes = new Budget(
      options.maxBufferedBytes ?? 64 * 1_024 * 1_024,
      "bytes",
    );
    const maxBackground = options.maxBackground ?? 1_024;
    this.#runner = new Runner({
      handlers: options,
      timeout,
      maxBackground,
      log,
    });
    if (this.#validator === undefined) {
      log.warn("Web PubSub events are accepted from anybody", {
        validator: "none",
      });
    }
  }

  /**
   * Whether a service may send its events here.
   *
   * @param headers The preflight's headers.
   */
  preflight(headers: HeadersLike): boolean {
    return allowedOrigin(toHeaders(headers), this.#validator) !== undefined;
  }

  /**
   * Parses an event: its headers, its signature, its type, its body, in this
   * order.
   *
   * @throws {UpstreamError} It is invalid or not authentic.
   */
  async fromHttp(
    headers: HeadersLike,
    body: Uint8Array | string,
    signal?: AbortSignal,
  ): Promise<ServiceRequest> {
    const context = readContext(toHeaders(headers));
    await this.#validate(context, signal);
    const kind = kindOf(context);
    const bytes = typeof body === "string"
      ? new TextEncoder().encode(body)
      : body;
    return readRequest(kind, context, bytes);
  }

  /**
   * Answers any request of a server: preflights, events and others. Never
   * rejects; a handler's error is logged and answered 500.
   *
   * @param info A signal that aborts when the peer disconnects, instead of the
   * request's.
   */
  handle(
    request: Request,
    info?: { readonly signal?: AbortSignal },
  ): Promise<Response>;
  /**
   * Answers an event parsed by {@linkcode fromHttp}. A non-blocking event is
   * answered at once.
   *
   * @throws The handler's error, except `ConnectionRefused`;
   * {@linkcode DeadlineError} after its deadline.
   */
  handle(request: ServiceRequest): Promise<ServiceResponse>;
  /**
   * Parses and answers an event.
   *
   * @throws The handler's error, except `ConnectionRefused`;
   * {@linkcode DeadlineError} after its deadline.
   */
  handle(
    headers: HeadersLike,
    body: Uint8Array | string,
  ): Promise<ServiceResponse>;
  async handle(
    input: Request | ServiceRequest | HeadersLike,
    second?: { readonly signal?: AbortSignal } | Uint8Array | string,
  ): Promise<Response | ServiceResponse> {
    if (typeof second === "string" || second instanceof Uint8Array) {
      const headers = toHeaders(input as HeadersLike);
      return await this.#answer(
        headers,
        (signal) => this.fromHttp(headers, second, signal),
      );
    }
    if (isServiceRequest(input)) {
      return await this.#answer(input.context.headers, () => input);
    }
    return await this.#handleHttp(input as Request, second?.signal);
  }

  /**
   * Wraps another fetch handler: handles Web PubSub's requests at the path, and
   * passes on all others and events of other hubs.
   *
   * @param options The path, or all options.
   * @returns A fetch handler.
   * @throws {TypeError} The path does not begin with a slash.
   */
  wrap<Rest extends readonly unknown[] = []>(
    next: FetchHandler<Rest>,
    options: string | WrapOptions = {},
  ): (request: Request, ...rest: Rest) => Promise<Response> {
    const { path, elsewhere = "notFound" } = typeof options === "string"
      ? { path: options }
      : options;
    const isHere = path === undefined ? () => true : pathTest(path);
    return async (request, ...rest) => {
      const { headers } = request;
      if (!isOfWebPubSub(headers)) return await next(request, ...rest);
      if (!isHere(new URL(request.url).pathname)) {
        return elsewhere === "next"
          ? await next(request, ...rest)
          : new Response(null, { status: 404 });
      }
      if (!this.#takesHub(headers)) return await next(request, ...rest);
      return await this.#handleHttp(request);
    };
  }

  /**
   * Settles when the handlers of non-blocking events have ended. If the signal
   * aborts, theirs abort too, and it settles at once.
   */
  drain(signal?: AbortSignal): Promise<void> {
    return this.#runner.drain(signal);
  }

  async #handleHttp(request: Request, signal?: AbortSignal): Promise<Response> {
    const { method, headers } = request;
    const hasOrigin = Boolean(headers.get("webhook-request-origin"));
    if (!hasOrigin && (method === "OPTIONS" || isOfWebPubSub(headers))) {
      const error = new HeaderNotFound("webhook-request-origin");
      const { statusCode } = this.#refuse(error, headers);
      return new Response(MISSING_ORIGIN, { status: statusCode });
    }
    // If OPTIONS is answered 404, the service tries GET.
    if (method === "OPTIONS" || method === "GET" && hasOrigin) {
      return this.#answerPreflight(headers);
    }
    if (method !== "POST") {
      const allow = "POST, OPTIONS";
      return new Response(null, { status: 405, headers: { allow } });
    }
    if (!this.#takesHub(headers)) return new Response(null, { status: 404 });
    return (await this.#handleEvent(request, signal)).toResponse();
  }

  #answerPreflight(headers: Headers): Response {
    const origin = allowedOrigin(headers, this.#validator);
    if (origin !== undefined) return consent(origin);
    this.#log.warn(
      "Refused a preflight: its origin is not configured",
      fieldsOf(headers),
    );
    return new Response(null, { status: 400 });
  }

  /** An HTTP event: the body is read only if the headers are valid. */
  async #handleEvent(
    request: Request,
    signal: AbortSignal | undefined,
  ): Promise<ServiceResponse> {
    const { headers } = request;
    using deadline = new Deadline(this.#timeout, [signal ?? request.signal]);
    const events = new Share(this.#events);
    const bytes = new Share(this.#bytes);
    // A handler that ignores its signal keeps its memory until it ends.
    let run: Run | undefined;
    try {
      events.take(1);
      const context = readContext(headers);
      await this.#validate(context, deadline.signal);
      const kind = kindOf(context);
      const body = await readBody(request, {
        maxBytes: this.#maxBodyBytes,
        deadline,
        share: bytes,
        context,
      });
      const event = readRequest(kind, context, body);
      run = this.#runner.run(event, deadline.signal);
      return await deadline.wait(run.response);
    } catch (error) {
      if (error instanceof UpstreamError) return this.#refuse(error, headers);
      // Temporary problems should be retried; so should bugs, which may get
      // fixed.
      const isLate = deadline.signal.aborted;
      this.#log.error(...entryOf(
        isLate ? "Event was not handled in time" : "Handler failed",
        headers,
        error,
      ));
      return new ServiceResponse({ statusCode: isLate ? 503 : 500 });
    } finally {
      whenSettled(run?.response, () => events[Symbol.dispose]());
      whenSettled(run?.ended, () => bytes[Symbol.dispose]());
    }
  }

  async #answer(
    headers: Headers,
    read: (signal: AbortSignal) => ServiceRequest | Promise<ServiceRequest>,
  ): Promise<ServiceResponse> {
    using deadline = new Deadline(this.#timeout, []);
    try {
      const request = await deadline.wait(
        Promise.resolve(read(deadline.signal)),
      );
      const { response } = this.#runner.run(request, deadline.signal);
      return await deadline.wait(response);
    } catch (error) {
      if (error instanceof UpstreamError) return this.#refuse(error, headers);
      throw error;
    }
  }

  async #validate(
    context: RequestContext,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let isGenuine: boolean;
    try {
      isGenuine = await this.#validator?.validate(context, signal) ?? true;
    } catch (cause) {
      throw new ValidatorUnavailableError(
        "Request cannot be authenticated now",
        { context, cause },
      );
    }
    if (!isGenuine) {
      throw new ValidationFailedError("Request is not authentic", { context });
    }
  }

  #refuse(error: UpstreamError, headers: Headers): ServiceResponse {
    const statusCode = this.#statusOf(error);
    this.#log.warn(`Refused a request: ${error.message}`, {
      ...fieldsOf(headers),
      error: error.name,
      status: statusCode,
      ...(error.cause === undefined ? {} : { cause: error.cause }),
    });
    return new ServiceResponse({ statusCode });
  }

  #statusOf(error: UpstreamError): number {
    try {
      const status = this.#options.handleException?.(error);
      const isStatus = typeof status === "number" &&
        Number.isInteger(status) && status >= 400 && status <= 599;
      return isStatus ? status : error.status;
    } catch (hookError) {
      this.#log.error("handleException failed", { error: hookError });
      return error.status;
    }
  }

  #takesHub(headers: Headers): boolean {
    const hub = headers.get("ce-hub")?.toLowerCase();
    // A preflight names no hub; an event without a hub is refused as invalid.
    return this.#hubs === undefined || !hub || this.#hubs.has(hub);
  }
}

/** At once if there is nothing to wait for. */
function whenSettled(
  promise: Promise<unknown> | undefined,
  then: () => void,
): void {
  if (promise === undefined) then();
  else promise.then(then, then);
}

function isServiceRequest(input: object): input is ServiceRequest {
  return "kind" in input && "isBlocking" in input;
}

/** Whether it has headers that only Web PubSub sends. */
function isOfWebPubSub(headers: Headers): boolean {
  return headers.has("webhook-request-origin") ||
    headers.has("ce-awpsversion") ||
    headers.get("ce-type")?.toLowerCase().startsWith("azure.webpubsub.") ===
      true;
}
