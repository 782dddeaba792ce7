/**
 * The state that Web PubSub stores with a connection: `ce-connectionState`.
 *
 * The service stores one opaque text. By convention of Microsoft's libraries it
 * is a JSON object in base64. An answer replaces the whole text, so changes are
 * merged here.
 *
 * @module
 */

import { isObject, parseJson } from "./json.ts";

/** A storable value: anything that JSON can represent. */
export type StateValue =
  | string
  | number
  | boolean
  | null
  | readonly StateValue[]
  | { readonly [name: string]: StateValue };

/**
 * The most characters of an encoded state. Servers refuse requests with large
 * headers (Deno above 64 KiB in total), and the state is sent with every later
 * event: one that is too large would make them all fail.
 */
export const MAX_STATE_LENGTH = 16_384;

/** The state is too large to store. It is unchanged. */
export class StateTooLargeError extends RangeError {
  /** What logs call it. */
  override name = "StateTooLargeError";
}

/** The state that the service stores with a connection. */
export interface ReadonlyConnectionState {
  /** The value of a name. */
  get(name: string): StateValue | undefined;
  /** Whether the name exists. */
  has(name: string): boolean;
  /** All names and values. */
  entries(): IterableIterator<[string, StateValue]>;
  /**
   * The unmodified header, for state that is not a JSON object or that another
   * library wrote: .NET stores each value as base64 of its JSON.
   */
  readonly raw: string | undefined;
}

/**
 * The state that the service stores with a connection. Changes are sent with
 * the answer when the handler returns, never when it throws.
 */
export interface ConnectionState extends ReadonlyConnectionState {
  /**
   * Stores a value under a name.
   *
   * @throws {TypeError} The value cannot be written as JSON.
   * @throws {StateTooLargeError} The whole state would be larger than
   * {@linkcode MAX_STATE_LENGTH}.
   */
  set(name: string, value: StateValue): void;
  /** Deletes a name. */
  delete(name: string): void;
  /** Deletes everything. */
  clear(): void;
}

/** A state whose changes are sent with an answer. */
export interface StateChanges extends ConnectionState {
  /** The header to answer with; `undefined` if nothing was changed. */
  readonly header: string | undefined;
}

/** A state received with a request. An unreadable one counts as empty. */
export class ReceivedState implements ReadonlyConnectionState {
  /** The unmodified header. */
  readonly raw: string | undefined;
  #values: Map<string, StateValue> | undefined;

  /** The header is parsed on first use. */
  constructor(raw: string | undefined) {
    this.raw = raw;
  }

  /** Names and values; parsed once. */
  protected get values(): Map<string, StateValue> {
    return this.#values ??= new Map(Object.entries(decodeState(this.raw)));
  }

  /** The value of a name. */
  get(name: string): StateValue | undefined {
    return this.values.get(name);
  }

  /** Whether the name exists. */
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
   * Stores a value under a name.
   *
   * @throws {TypeError} The value cannot be written as JSON.
   * @throws {StateTooLargeError} The whole state would be too large.
   */
  set(name: string, value: StateValue): void {
    const changed = new Map(this.values).set(name, copyOf(name, value));
    const { length } = encodeState(changed);
    if (length > MAX_STATE_LENGTH) {
      throw new StateTooLargeError(
        `Cannot store "${name}" with the connection: the state would have ` +
          `${length} characters, expected at most ${MAX_STATE_LENGTH}`,
      );
    }
    this.values.set(name, changed.get(name) ?? null);
    this.#hasChanged = true;
  }

  /** Deletes a name. */
  delete(name: string): void {
    this.values.delete(name);
    this.#hasChanged = true;
  }

  /** Deletes everything. */
  clear(): void {
    this.values.clear();
    this.#hasChanged = true;
  }
}

/** Encodes a state for the header: base64 of JSON in UTF-8. */
export function encodeState(
  state: Iterable<readonly [string, StateValue]>,
): string {
  const json = JSON.stringify(Object.fromEntries(state));
  const bytes = new TextEncoder().encode(json);
  let binary = "";
  // In chunks: a call takes a limited number of arguments.
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
  // The service returns an empty header after an empty answer.
  if (header === undefined || header === "") return {};
  try {
    const bytes = Uint8Array.from(atob(header), (char) => char.charCodeAt(0));
    const value = parseJson(bytes);
    return isObject(value) ? value as Record<string, StateValue> : {};
  } catch {
    return {};
  }
}

/**
 * A JSON copy of a value, so that later changes of the original have no effect.
 */
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
      `Cannot store "${name}" with the connection: expected a JSON value`,
      { cause },
    );
  }
  return parseJson(json) as StateValue;
}
