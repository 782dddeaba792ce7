/**
 * A plain client of the emulator for its own tests.
 *
 * @module
 */

import {
  CONSUMABLE_ITEM_ID,
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  type Emulator,
  type EmulatorOptions,
  startEmulator,
} from "../../../dev/emulator/mod.ts";

/** Path of fulfillment v1 as an OpenAPI template. */
export const FULFILLMENT_V1 =
  "/platform/admin/namespaces/{namespace}/users/{userId}/fulfillment";

/** Path of fulfillment v3 as an OpenAPI template. */
export const FULFILLMENT_V3 =
  "/platform/v3/admin/namespaces/{namespace}/users/{userId}/fulfillments/{transactionId}";

/** An answer whose body has been read. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // deno-lint-ignore no-explicit-any -- tests look into bodies of any shape
  readonly json: any;
}

/** An emulator, a client that is logged in, and short forms of its calls. */
export interface Session extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly token: string;
  /** Calls with the session's token, unless `init` has another one. */
  call(method: string, path: string, init?: CallInit): Promise<Reply>;
  /** Grants through v1. */
  grant(userId: string, body?: object): Promise<Reply>;
  /** Grants through v3. */
  transact(userId: string, transactionId: string, body: object): Promise<Reply>;
}

/** What a call may differ in. */
export interface CallInit {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON unless it is a string. */
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** Starts an emulator and logs in. */
export async function open(options: EmulatorOptions = {}): Promise<Session> {
  const emulator = await startEmulator(options);
  const reply = await login(emulator.url);
  const token: string = reply.json.access_token;
  emulator.journal.clear();
  function call(method: string, path: string, init: CallInit = {}) {
    return send(emulator.url + path, method, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...init.headers },
    });
  }
  const { namespace } = emulator;
  return {
    emulator,
    token,
    call,
    grant: (userId, body = { itemId: CONSUMABLE_ITEM_ID, quantity: 1 }) =>
      call("POST", userPath(namespace, userId, "/fulfillment"), { body }),
    transact: (userId, transactionId, body) =>
      call(
        "PUT",
        `/platform/v3/admin/namespaces/${namespace}/users/${
          encodeURIComponent(userId)
        }/fulfillments/${encodeURIComponent(transactionId)}`,
        { body },
      ),
    [Symbol.asyncDispose]: () => emulator[Symbol.asyncDispose](),
  };
}

/** Path below a player in the platform service. */
export function userPath(
  namespace: string,
  userId: string,
  rest: string,
): string {
  return `/platform/admin/namespaces/${namespace}/users/${
    encodeURIComponent(userId)
  }${rest}`;
}

/** Asks for a token. */
export function login(
  url: string,
  {
    id = DEFAULT_CLIENT_ID,
    secret = DEFAULT_CLIENT_SECRET,
    body = "grant_type=client_credentials",
    headers = {},
  } = {},
): Promise<Reply> {
  return send(`${url}/iam/v3/oauth/token`, "POST", {
    headers: {
      authorization: `Basic ${btoa(`${id}:${secret}`)}`,
      "content-type": "application/x-www-form-urlencoded",
      ...headers,
    },
    body,
  });
}

/** Sends a request and reads the whole answer. */
export async function send(
  url: string,
  method: string,
  { headers = {}, body, signal }: CallInit = {},
): Promise<Reply> {
  const json = body !== undefined && typeof body !== "string";
  const content = json ? JSON.stringify(body) : body;
  const response = await fetch(url, {
    method,
    headers: {
      ...(json && { "content-type": "application/json" }),
      ...headers,
    },
    // As a Blob and not as text: a text body makes Deno's fetch send the
    // request a second time, unasked, when a kept connection breaks before
    // the answer. A test of lost answers would see two requests for one call.
    ...(content !== undefined && { body: new Blob([content as string]) }),
    signal: signal ?? null,
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    get json() {
      return JSON.parse(text);
    },
  };
}
