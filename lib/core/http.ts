/**
 * What sources that are called over HTTP need of the public listener. Who listens is
 * not known here: `lib/http/` does.
 *
 * A request is no `Request` of the Fetch standard: to make one of what `node:http` has,
 * and to read its body, costs three times what the rest of the exchange does.
 *
 * @module
 */

/** A request, as its headers have come. */
export interface HttpRequest {
  /** The method, in capitals. */
  readonly method: string;
  /** The path as it was sent, without `BASE_PATH`. */
  readonly path: string;
  /** What follows the `?`; empty without one. May hold secrets: never log it. */
  readonly search: string;
  /** What the route's `{name}` parts are here, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The headers, as the Fetch standard has them: one character a byte. */
  readonly headers: Headers;
  /** The address that asks: the connection's, or what `TRUSTED_PROXIES` say it is. */
  readonly peer: string;
  /** Aborts when the peer goes before it is answered. */
  readonly signal: AbortSignal;
  /**
   * Reads the body, once. Its memory counts with that of all other bodies until the
   * request is answered.
   *
   * @param maxBytes Most bytes, where that is fewer than `HTTP_MAX_BODY_BYTES`.
   * @throws {HttpProblem} 413: it is larger. 408: it does not come in time. 503: there
   * is no memory for it now. A route that does not catch it has it answered.
   */
  body(maxBytes?: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** An answer. */
export interface HttpAnswer {
  /** The status. */
  readonly status: number;
  /** The headers; the length is added. @default {none} */
  readonly headers?: Iterable<readonly [string, string]>;
  /** The body. @default {none} */
  readonly body?: Uint8Array | string | null;
}

/** What a path is answered by. */
export interface HttpRoute {
  /** The method, in capitals. */
  readonly method: string;
  /**
   * The path below `BASE_PATH`, as in `/v1/events/{name}`: a `{name}` stands for one
   * part. What metrics call the route.
   */
  readonly path: string;
  /** Whether scripts of the origins of `HTTP_CORS_ORIGINS` may call it. @default {false} */
  readonly cors?: boolean;
  /**
   * Answers a request. A {@linkcode HttpProblem} that it throws is answered as such;
   * anything else is a bug, logged and answered 500.
   */
  handle(request: HttpRequest): Promise<HttpAnswer>;
}

/** The public listener, as sources see it. */
export interface HttpRoutes {
  /** The port. */
  readonly port: number;
  /** What comes before each path; empty, or as in `/app`. */
  readonly basePath: string;
  /**
   * Adds routes. They are called once all sources are open: until then requests are
   * answered 503.
   *
   * @throws {AppError} A route is there twice.
   */
  add(...routes: readonly HttpRoute[]): void;
}

/** Options of {@linkcode HttpProblem}. */
export interface HttpProblemOptions extends ErrorOptions {
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Why a request is not answered as it wants. The peer gets the status and a fixed text
 * for it (RFC 9457); the message is for the log.
 */
export class HttpProblem extends Error {
  /** What logs call it. */
  override name = "HttpProblem";
  /** The status: 400 to 599. */
  readonly status: number;
  /** Headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;

  /** Creates the problem; `cause` keeps what led to it. */
  constructor(
    status: number,
    message: string,
    options: HttpProblemOptions = {},
  ) {
    super(message, options);
    this.status = status;
    this.headers = options.headers ?? {};
  }
}
