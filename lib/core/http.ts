/**
 * The public HTTP listener as sources see it. `lib/http/` implements it.
 *
 * A request is not a Fetch `Request`: creating one from `node:http` and reading
 * its body costs three times as much as the rest of the exchange.
 *
 * @module
 */

/** A request whose headers have arrived. */
export interface HttpRequest {
  /** The method, in capitals. */
  readonly method: string;
  /** The path as it was sent, without `BASE_PATH`. */
  readonly path: string;
  /** The part after `?`, or empty. May hold secrets: never log it. */
  readonly search: string;
  /** The decoded values of the route's `{name}` parts. */
  readonly params: Readonly<Record<string, string>>;
  /** The headers as in the Fetch standard: one character per byte. */
  readonly headers: Headers;
  /**
   * The client's address: the connection's, or what `TRUSTED_PROXIES` say it
   * is.
   */
  readonly peer: string;
  /** Aborts if the client disconnects before it is answered. */
  readonly signal: AbortSignal;
  /**
   * Reads the body, once. Its memory counts with that of all other bodies until
   * the request is answered.
   *
   * @param maxBytes The most bytes to read, if fewer than
   * `HTTP_MAX_BODY_BYTES`.
   * @throws {HttpProblem} 413: it is too large. 408: it did not arrive in time.
   * 503: there is no memory for it. If a route does not catch it, the listener
   * answers with it.
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

/** A route: answers requests to a path. */
export interface HttpRoute {
  /** The method, in capitals. */
  readonly method: string;
  /**
   * The path below `BASE_PATH`, as in `/v1/events/{name}`: a `{name}` matches
   * one segment. Metrics name the route by it.
   */
  readonly path: string;
  /**
   * Whether scripts of the origins in `HTTP_CORS_ORIGINS` may call it.
   * @default {false}
   */
  readonly cors?: boolean;
  /** Whether answers to other methods of the path name it. @default {true} */
  readonly isListed?: boolean;
  /**
   * Answers a request. A thrown {@linkcode HttpProblem} is sent as the answer;
   * any other error is a bug, logged and answered 500.
   */
  handle(request: HttpRequest): Promise<HttpAnswer>;
}

/** The public listener, as sources see it. */
export interface HttpRoutes {
  /** The port. */
  readonly port: number;
  /** The prefix of each path, such as `/app`; may be empty. */
  readonly basePath: string;
  /**
   * Adds routes. They are called once all sources are open; until then requests
   * are answered 503.
   *
   * @throws {AppError} A route exists already.
   */
  add(...routes: readonly HttpRoute[]): void;
}

/** Options of {@linkcode HttpProblem}. */
export interface HttpProblemOptions extends ErrorOptions {
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * An error answer to a request. The peer gets the status and a fixed text for
 * it (RFC 9457); the message is for the log.
 */
export class HttpProblem extends Error {
  /** What logs call it. */
  override name = "HttpProblem";
  /** The status: 400 to 599. */
  readonly status: number;
  /** Headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;

  /** Creates the problem; `cause` keeps the underlying error. */
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
