/**
 * The state that Web PubSub keeps with a connection: `ce-connectionState`.
 *
 * The service stores one opaque text. By convention of Microsoft's libraries it is a
 * JSON object in base64. An answer replaces all of it, so that changes are merged here.
 *
 * @module
 */

import { isObject, parseJson } from "./json.ts";

/** What can be kept: anything that JSON can say. */
export type StateValue =
  | string
  | number
  | boolean
  | null
  | readonly StateValue[]
  | { readonly [name: string]: StateValue };

/**
 * Most characters of an encoded state. Servers refuse requests with large headers
 * (Deno above 64 KiB in all), and the state comes back with every later event: one
 * that is too large would end the connection's events for good.
 */
export const MAX_STATE_LENGTH = 16_384;

/** The state is too large to be kept. It is as it was before. */
export class StateTooLargeError extends RangeError {
  /** What logs call it. */
  override name = "StateTooLargeError";
}

/** State that the service keeps with a connection. */
export interface ReadonlyConnectionState {
  /** The value of a name. */
  get(name: string): StateValue | undefined;
  /** Whether there is such a name. */
  has(name: string): boolean;
  /** All names and values. */
  entries(): IterableIterator<[string, StateValue]>;
  /**
   * The header as it came, for state that is not a JSON object or that another library
   * wrote: .NET's keeps each value as base64 of its JSON.
   */
  readonly raw: string | undefined;
}

/**
 * State that the service keeps with a connection. Changes go out with the answer when
 * the handler returns, never when it throws.
 */
export interface ConnectionState extends ReadonlyConnectionState {
  /**
   * Keeps a value under a name.
   *
   * @throws {TypeError} JSON cannot say the value.
   * @throws {StateTooLargeError} The whole would be larger than
   * {@linkcode MAX_STATE_LENGTH}.
   */
  set(name: string, value: StateValue): void;
  /** Forgets a name. */
  delete(name: string): void;
  /** Forgets everything. */
  clear(): void;
}

/** A state whose changes go out with an answer. */
export interface StateChanges extends ConnectionState {
  /** The header to answer with; `undefined` if nothing was changed. */
  readonly header: string | undefined;
}

/** A state that came with a request. What cannot be read counts as empty. */
export class ReceivedState implements ReadonlyConnectionState {
  /** The header as it came. */
  readonly raw: string | undefined;
  #values: Map<string, StateValue> | undefined;

  /** Reads the header when it is asked for something. */
  constructor(raw: string | undefined) {
    this.raw = raw;
  }

  /** Names and values; read once. */
  protected get values(): Map<string, StateValue> {
    return this.#values ??= new Map(Object.entries(decodeState(this.raw)));
  }

  /** The value of a name. */
  get(name: string): StateValue | undefined {
    return this.values.get(name);
  }

  /** Whether there is such a name. */
  has(name: string): boolean {
    return this.values.has(name);
  }

  /** All names and values. */
  entries(): IterableIterator<[string, StateValue]> {
    return this.values.entries();
  }
}

/** A state that the answer may change. */
export class ChangingState extends ReceivedState implements StateChanges {
  #hasChanged = false;

  /** The header to answer with; `undefined` if nothing was changed. */
  get header(): string | undefined {
    return this.#hasChanged ? encodeState(this.values) : undefined;
  }

  /**
   * Keeps a value under a name.
   *
   * @throws {TypeError} JSON cannot say the value.
   * @throws {StateTooLargeError} The whole would be too large.
   */
  set(name: string, value: StateValue): void {
    const changed = new Map(this.values).set(name, copyOf(name, value));
    const { length } = encodeState(changed);
    if (length > MAX_STATE_LENGTH) {
      throw new StateTooLargeError(
        `Cannot keep "${name}" with the connection: the state would have ` +
          `${length} characters, at most ${MAX_STATE_LENGTH} are wanted`,
      );
    }
    this.values.set(name, changed.get(name) ?? null);
    this.#hasChanged = true;
  }

  /** Forgets a name. */
  delete(name: string): void {
    this.values.delete(name);
    this.#hasChanged = true;
  }

  /** Forgets everything. */
  clear(): void {
    this.values.clear();
    this.#hasChanged = true;
  }
}

/** Encodes a state as the header carries it: base64 of JSON in UTF-8. */
export function encodeState(
  state: Iterable<readonly [string, StateValue]>,
): string {
  const json = JSON.stringify(Object.fromEntries(state));
  const bytes = new TextEncoder().encode(json);
  let binary = "";
  // Piecewise: a call takes only so many arguments.
  for (let start = 0; start < bytes.length; start += 8_192) {
    binary += String.fromCharCode(...bytes.subarray(start, start + 8_192));
  }
  return btoa(binary);
}

/**
 * Decodes a state.
 *
 * @returns An empty object if it is not base64 of a JSON object.
 */
export function decodeState(
  header: string | undefined,
): Readonly<Record<string, StateValue>> {
  // The service sends an empty one back where an answer had an empty one.
  if (header === undefined || header === "") return {};
  try {
    const bytes = Uint8Array.from(atob(header), (char) => char.charCodeAt(0));
    const value = parseJson(bytes);
    return isObject(value) ? value as Record<string, StateValue> : {};
  } catch {
    return {};
  }
}

/** What JSON makes of a value, so that later changes of it do not count. */
function copyOf(name: string, value: StateValue): StateValue {
  let json: string | undefined;
  let cause: unknown;
  try {
    json = JSON.stringify(value);
  } catch (error) {
    cause = error;
  }
  if (json === undefined) {
    throw new TypeError(
      `Cannot keep "${name}" with the connection: expected a JSON value`,
      { cause },
    );
  }
  return parseJson(json) as StateValue;
}
