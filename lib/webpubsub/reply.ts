/**
 * Answers to clients with options.
 *
 * @module
 */

import type { MqttUserProperty } from "./types.ts";

/** How content is sent. */
export type DataType = "text" | "json" | "binary";

/** Options of {@linkcode reply}. */
export interface ReplyOptions {
  /**
   * How it is sent.
   * @default {text for a string, binary for bytes, JSON for anything else}
   */
  readonly dataType?: DataType;
  /**
   * The MIME type. Only MQTT clients may get another one than the data type's
   * own; for others the service refuses it. @default {by data type}
   */
  readonly contentType?: string;
  /** Sent as `x-webpubsub-metadata-*`: ASCII, at most 8 KiB in total. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** User properties for an MQTT client: ASCII. */
  readonly userProperties?: readonly MqttUserProperty[];
}

/** The result of {@linkcode reply}. */
export interface Reply {
  /** Distinguishes it from JSON. */
  readonly kind: symbol;
  /** The content. */
  readonly content: unknown;
  /** How it is sent. */
  readonly dataType: DataType;
  /** The MIME type. */
  readonly contentType: string;
  /** Headers that carry metadata and user properties. */
  readonly headers: readonly (readonly [string, string])[];
}

const REPLY = Symbol("reply");

/** MIME types by data type. */
export const CONTENT_TYPES: Readonly<Record<DataType, string>> = {
  text: "text/plain; charset=utf-8",
  json: "application/json; charset=utf-8",
  binary: "application/octet-stream",
};

/** The service's limits on metadata, in characters. */
const MAX_KEY = 256, MAX_VALUE = 1_024, MAX_ALL = 8_192;

/**
 * Creates an answer with options.
 *
 * @example JSON text sent as text
 * ```ts
 * import { reply } from "event-handler/web-pubsub";
 *
 * reply("{}", { dataType: "text", metadata: { lang: "en" } });
 * ```
 *
 * @throws {TypeError} The content does not match the data type, or metadata is
 * not valid in a header.
 * @throws {RangeError} There is more metadata than the service accepts.
 */
export function reply(content: unknown, options: ReplyOptions = {}): Reply {
  const dataType = options.dataType ?? dataTypeOf(content);
  const wrong = dataType === "text" ? typeof content !== "string" : dataType ===
      "binary" && !(content instanceof Uint8Array);
  if (wrong) {
    throw new TypeError(
      `Cannot reply with ${typeof content} as ${dataType}: ` +
        "expected a string for text, a Uint8Array for binary",
    );
  }
  const metadata = Object.entries(options.metadata ?? {});
  checkMetadata(metadata);
  return {
    kind: REPLY,
    content,
    dataType,
    contentType: options.contentType ?? CONTENT_TYPES[dataType],
    headers: [
      ...metadata.map(([name, value]) =>
        [`x-webpubsub-metadata-${name}`, value] as const
      ),
      ...(options.userProperties ?? []).map(({ name, value }) =>
        [`mqtt-${name}`, value] as const
      ),
    ].map(checkHeader),
  };
}

/** Whether {@linkcode reply} created it. */
export function isReply(value: unknown): value is Reply {
  return typeof value === "object" && value !== null &&
    (value as Partial<Reply>).kind === REPLY;
}

/** The default data type of content. */
export function dataTypeOf(content: unknown): DataType {
  if (typeof content === "string") return "text";
  return content instanceof Uint8Array ? "binary" : "json";
}

function checkMetadata(metadata: readonly (readonly [string, string])[]): void {
  let all = 0;
  for (const [name, value] of metadata) {
    all += name.length + value.length;
    if (name.length > MAX_KEY || value.length > MAX_VALUE || all > MAX_ALL) {
      throw new RangeError(
        `Cannot send metadata "${name.slice(0, MAX_KEY)}": expected at most ` +
          `${MAX_KEY} characters in a name, ${MAX_VALUE} in a value, ${MAX_ALL} in all`,
      );
    }
  }
}

/** Token characters in the name, printable ASCII in the value. */
function checkHeader(
  header: readonly [string, string],
): readonly [string, string] {
  const [name, value] = header;
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\x20-\x7e]*$/.test(value)) {
    throw new TypeError(
      `Cannot send header "${name}": expected token characters in its name, ` +
        "printable ASCII in its value",
    );
  }
  return header;
}
