/**
 * The public HTTP listener, for sources that are called over HTTP.
 *
 * @module
 */

import ipaddr from "ipaddr.js";
import { z } from "zod";
import { duration, integer, NONE, port } from "./kinds.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

/** A comma-separated list, or `none`. */
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

/** The public HTTP listener, for sources that are called over HTTP. */
export const HTTP_SETTINGS = defineSettings({
  /** Its port. */
  httpPort: {
    env: "HTTP_PORT",
    doc: "Port of the public HTTP listener; it opens only if a source in " +
      "`SOURCES` is called over HTTP",
    expected: "a port from 1 to 65535",
    default: "8000",
    schema: port,
  },
  /** The prefix of each route's path; may be empty. */
  basePath: {
    env: "BASE_PATH",
    doc: "Prefix of all its paths, such as `/my-app`. AGS sets it",
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
  /** The memory for all bodies and answers, in bytes. */
  httpBufferBytes: {
    env: "HTTP_BUFFER_BYTES",
    doc:
      "Memory for all request bodies and answers; if it is used up, requests " +
      "are answered 503",
    expected: "a whole number from 1048576 to 4294967296",
    default: "33554432",
    unit: "bytes",
    schema: integer(1_048_576, 4_294_967_296),
  },
  /** The most bytes before a body. */
  httpMaxHeaderBytes: {
    env: "HTTP_MAX_HEADER_BYTES",
    doc: "Most bytes of a request before its body; more are answered 431",
    expected: "a whole number from 4096 to 65536",
    default: "32768",
    unit: "bytes",
    schema: integer(4_096, 65_536),
  },
  /** Time limit for the headers of a request. */
  httpHeaderTimeout: {
    env: "HTTP_HEADER_TIMEOUT",
    doc: "Time limit for the headers of a request to arrive",
    expected: "a duration such as 500ms, 30s or 2m, up to 10m",
    default: "10s",
    unit: "ms",
    schema: duration(600_000),
  },
  /** Time limit for a body, and for an answer. */
  httpBodyTimeout: {
    env: "HTTP_BODY_TIMEOUT",
    doc:
      "Time limit for the body of a request to arrive, and for an answer to " +
      "be sent",
    expected: "a duration such as 500ms, 30s or 2m, up to 10m",
    default: "20s",
    unit: "ms",
    schema: duration(600_000),
  },
  /** Concurrent connections. */
  httpMaxConnections: {
    env: "HTTP_MAX_CONNECTIONS",
    doc:
      "Concurrent connections, and concurrent requests; further connections " +
      "are closed, further requests answered 503",
    expected: "a whole number from 1 to 100000",
    default: "1024",
    schema: integer(1, 100_000),
  },
  /** Origins whose scripts may call it. */
  httpCorsOrigins: {
    env: "HTTP_CORS_ORIGINS",
    doc:
      "Web sites whose scripts may send client events: origins separated by " +
      "commas, `*` for all, or `none`",
    expected: "none, *, or origins such as https://game.example",
    default: NONE,
    schema: list(isOrigin),
  },
  /** Proxies whose `X-Forwarded-For` is trusted. */
  trustedProxies: {
    env: "TRUSTED_PROXIES",
    doc: "Addresses and networks of proxies in front of the listener whose " +
      "`X-Forwarded-For` is trusted, separated by commas; or `none`",
    expected: "none, or addresses and networks such as 10.0.0.0/8",
    default: NONE,
    schema: list(isNetwork),
  },
});

/** These settings, validated. */
export type HttpConfig = ConfigOf<typeof HTTP_SETTINGS>;
