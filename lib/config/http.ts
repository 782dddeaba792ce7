/**
 * The public HTTP listener: for sources that are called over HTTP.
 *
 * @module
 */

import ipaddr from "ipaddr.js";
import { z } from "zod";
import { duration, integer, NONE, port } from "./kinds.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

/** A list with commas between, or `none`. */
function list(isFine: (item: string) => boolean): z.ZodType<
  readonly string[],
  string
> {
  return z.string().transform((text) =>
    text === NONE ? [] : text.split(",").map((each) => each.trim())
  ).refine((items) => items.every(isFine));
}

function isOrigin(text: string): boolean {
  return text === "*" ||
    /^https?:\/\/[\w.[\]:-]+$/.test(text) && URL.canParse(text) &&
      new URL(text).origin === text;
}

function isNetwork(text: string): boolean {
  return text.includes("/") ? ipaddr.isValidCIDR(text) : ipaddr.isValid(text);
}

/** The public HTTP listener: for sources that are called over HTTP. */
export const HTTP_SETTINGS = defineSettings({
  /** Where it listens. */
  httpPort: {
    env: "HTTP_PORT",
    doc:
      "Port of the public HTTP listener; it listens only where a source of " +
      "`SOURCES` is called over HTTP",
    expected: "a port from 1 to 65535",
    default: "8000",
    schema: port,
  },
  /** What comes before the path of each route; empty for none. */
  basePath: {
    env: "BASE_PATH",
    doc: "What comes before every path of it, as in `/my-app`. AGS sets it",
    expected: "a path such as /my-app, or /",
    default: "/",
    schema: z.string().regex(/^\/[\w.~/-]*$/)
      .refine((path) => !path.includes("//"))
      .transform((path) => path.replace(/\/$/, "")),
  },
  /** Largest body, in bytes. */
  httpMaxBodyBytes: {
    env: "HTTP_MAX_BODY_BYTES",
    doc: "Largest request body; larger ones are answered 413",
    expected: "a whole number from 1024 to 67108864",
    default: "2097152",
    unit: "bytes",
    schema: integer(1_024, 67_108_864),
  },
  /** What all bodies and answers may take at once, in bytes. */
  httpBufferBytes: {
    env: "HTTP_BUFFER_BYTES",
    doc:
      "Memory that the bodies of all requests and answers may take at once; " +
      "beyond it requests are answered 503",
    expected: "a whole number from 1048576 to 4294967296",
    default: "33554432",
    unit: "bytes",
    schema: integer(1_048_576, 4_294_967_296),
  },
  /** Most bytes before a body. */
  httpMaxHeaderBytes: {
    env: "HTTP_MAX_HEADER_BYTES",
    doc: "Most bytes of a request before its body; more are answered 431",
    expected: "a whole number from 4096 to 65536",
    default: "32768",
    unit: "bytes",
    schema: integer(4_096, 65_536),
  },
  /** How long the headers of a request may take. */
  httpHeaderTimeout: {
    env: "HTTP_HEADER_TIMEOUT",
    doc: "How long the headers of a request may take to come",
    expected: "a duration such as 500ms, 30s or 2m, up to 10m",
    default: "10s",
    unit: "ms",
    schema: duration(600_000),
  },
  /** How long a body may take, and an answer. */
  httpBodyTimeout: {
    env: "HTTP_BODY_TIMEOUT",
    doc: "How long the body of a request may take to come, and an answer to go",
    expected: "a duration such as 500ms, 30s or 2m, up to 10m",
    default: "20s",
    unit: "ms",
    schema: duration(600_000),
  },
  /** Connections at once. */
  httpMaxConnections: {
    env: "HTTP_MAX_CONNECTIONS",
    doc:
      "Connections at once, and requests; more connections are closed, more " +
      "requests answered 503",
    expected: "a whole number from 1 to 100000",
    default: "1024",
    schema: integer(1, 100_000),
  },
  /** Origins whose scripts may call. */
  httpCorsOrigins: {
    env: "HTTP_CORS_ORIGINS",
    doc:
      "Web sites whose scripts may send client events: origins with commas " +
      "between, `*` for all, or `none`",
    expected: "none, *, or origins such as https://game.example",
    default: NONE,
    schema: list(isOrigin),
  },
  /** Proxies whose `X-Forwarded-For` is believed. */
  trustedProxies: {
    env: "TRUSTED_PROXIES",
    doc: "Addresses and networks of proxies before the listener, whose " +
      "`X-Forwarded-For` is believed, with commas between; or `none`",
    expected: "none, or addresses and networks such as 10.0.0.0/8",
    default: NONE,
    schema: list(isNetwork),
  },
});

/** These settings, checked. */
export type HttpConfig = ConfigOf<typeof HTTP_SETTINGS>;
