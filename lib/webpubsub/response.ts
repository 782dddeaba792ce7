/**
 * The answer to an event.
 *
 * @module
 */

import type { StateChanges, StateValue } from "./state.ts";

/** Options of {@linkcode ServiceResponse}. */
export interface ServiceResponseOptions {
  /** The status. */
  readonly statusCode: number;
  /** Headers. */
  readonly headers?: readonly (readonly [string, string])[];
  /** The body. @default {null} */
  readonly body?: Uint8Array<ArrayBuffer> | string | null;
  /** The state to send with it; only `connect` and user events have one. */
  readonly state?: StateChanges | undefined;
}

const encoder = new TextEncoder();

/**
 * The answer to an event, which can still change the connection's state.
 * Answers to non-blocking events, and refusals, carry no state: Web PubSub
 * would ignore it, so changes have no effect.
 */
export class ServiceResponse {
  /** The status. */
  readonly statusCode: number;
  /** The headers. */
  readonly headers: Headers;
  readonly #body: Uint8Array<ArrayBuffer> | string | null;
  readonly #state: StateChanges | undefined;

  /** Creates the answer. */
  constructor(options: ServiceResponseOptions) {
    this.statusCode = options.statusCode;
    this.headers = new Headers();
    for (const [name, value] of options.headers ?? []) {
      this.headers.append(name, value);
    }
    this.#body = options.body ?? null;
    this.#state = options.state;
    this.#writeState();
  }

  /** The body; `null` if there is none. */
  get body(): Uint8Array<ArrayBuffer> | null {
    return typeof this.#body === "string"
      ? encoder.encode(this.#body)
      : this.#body;
  }

  /**
   * Stores a value with the connection.
   *
   * @throws {TypeError} The value cannot be written as JSON.
   * @throws {StateTooLargeError} The whole state would be too large.
   */
  setState(name: string, value: StateValue): this {
    this.#state?.set(name, value);
    return this.#writeState();
  }

  /** Deletes a value. */
  deleteState(name: string): this {
    this.#state?.delete(name);
    return this.#writeState();
  }

  /** Deletes all values. */
  clearStates(): this {
    this.#state?.clear();
    return this.#writeState();
  }

  /** Converts the answer to a standard `Response`. */
  toResponse(): Response {
    const { statusCode: status, headers } = this;
    // A 204 must not have a body, not even an empty one.
    return new Response(status === 204 ? null : this.#body, {
      status,
      headers,
    });
  }

  #writeState(): this {
    const header = this.#state?.header;
    if (header !== undefined) this.headers.set("ce-connectionState", header);
    return this;
  }
}
