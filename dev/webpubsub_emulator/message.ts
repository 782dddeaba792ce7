/**
 * What goes to clients, and what comes from them.
 *
 * @module
 */

import { Buffer } from "node:buffer";

/** Content, and how it is sent. */
export type Payload =
  | { readonly dataType: "text"; readonly data: string }
  | { readonly dataType: "json"; readonly data: unknown }
  | {
    readonly dataType: "binary" | "protobuf";
    readonly data: Uint8Array<ArrayBuffer>;
  };

/** A message to a client. */
export type Message = Payload & {
  /** Who sends it. */
  readonly from: "group" | "server";
  /** The group that it was sent to. */
  readonly group?: string;
  /** The user who sent it. */
  readonly fromUserId?: string | undefined;
  /** Metadata of a reply. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** When it is no longer wanted, in milliseconds since the epoch. */
  readonly expiresAt?: number | undefined;
};

/** MIME types by data type, as the service writes them. */
const CONTENT_TYPES = {
  text: "text/plain; charset=utf-8",
  json: "application/json",
  binary: "application/octet-stream",
  protobuf: "application/x-protobuf",
} as const;

/** The content type and bytes of a payload, as an upstream gets them. */
export function toBody(
  payload: Payload,
): { readonly contentType: string; readonly body: Uint8Array<ArrayBuffer> } {
  const contentType = CONTENT_TYPES[payload.dataType];
  switch (payload.dataType) {
    case "text":
      return { contentType, body: new TextEncoder().encode(payload.data) };
    case "json":
      return {
        contentType,
        body: new TextEncoder().encode(JSON.stringify(payload.data)),
      };
    default:
      return { contentType, body: payload.data };
  }
}

/**
 * Reads bytes by their content type. A missing one means bytes.
 *
 * @returns `undefined` if there is no such data type.
 * @throws {TypeError | SyntaxError} They are not what the type says.
 */
export function fromBody(
  contentType: string | null,
  body: Uint8Array<ArrayBuffer>,
): Payload | undefined {
  switch ((contentType ?? "").split(";")[0]?.trim().toLowerCase()) {
    case "text/plain":
      return { dataType: "text", data: decode(body) };
    case "application/json":
      return { dataType: "json", data: JSON.parse(decode(body)) };
    case "":
    case "application/octet-stream":
      return { dataType: "binary", data: body };
    case "application/x-protobuf":
      return { dataType: "protobuf", data: body };
  }
}

/** The data of a payload in a JSON frame. */
export function toFrameData({ dataType, data }: Payload): unknown {
  return dataType === "binary" || dataType === "protobuf"
    ? Buffer.from(data).toString("base64")
    : data;
}

/**
 * Reads the data of a JSON frame.
 *
 * @throws {TypeError} It is not of the data type.
 */
export function fromFrameData(dataType: unknown, data: unknown): Payload {
  switch (dataType) {
    case "json":
      return { dataType, data: data ?? null };
    case "text":
      if (typeof data === "string") return { dataType, data };
      break;
    case "binary":
    case "protobuf":
      if (typeof data === "string" && isBase64(data)) {
        const bytes = Buffer.from(data, "base64");
        return { dataType, data: Uint8Array.from(bytes) };
      }
  }
  throw new TypeError("Data is not of its data type");
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function decode(body: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
    body,
  );
}
