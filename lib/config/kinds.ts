/**
 * Kinds of setting values.
 *
 * @module
 */

import { z } from "zod";
import { Secret } from "./secret.ts";
import type { Kind } from "./setting.ts";

/** The text for "no value": an empty variable counts as unset. */
export const NONE = "none";

/**
 * Text on one line. Quotes are a file's syntax, but `docker run --env-file`
 * passes them on: they are refused.
 */
export const text: Kind<string> = plainText();

function plainText(): z.ZodType<string, string> {
  return oneLine().trim().min(1).regex(/^(?!(["'`]).*\1$)/s);
}

/** A value of a kind, or `none`, which is `undefined`. */
export function orNone<T>(kind: Kind<T>): Kind<T | undefined> {
  return {
    safeParse: (text) =>
      text === NONE ? { success: true, data: undefined } : kind.safeParse(text),
  };
}

/**
 * Text without line breaks and other control characters: several lines are a
 * mistake in a file.
 */
export function oneLine(): z.ZodString {
  return z.string().regex(/^\P{Cc}*$/u);
}

/** Text that is never shown. */
export const secret: Kind<Secret> = plainText().transform((value) =>
  new Secret(value)
);

/**
 * An http or https URL without credentials, which fetch() refuses. Host and
 * path are restricted to plain characters: `https://a.example;TOKEN=…` is also
 * a URL, and its token would be shown.
 */
export function webUrl(): z.ZodType<URL, string> {
  return z.url({ protocol: /^https?$/ })
    .transform((url) => new URL(url))
    .refine(({ username, password, hostname, pathname }) =>
      `${username}${password}` === "" &&
      /^(\[[\da-f:.]+\]|[\w.-]+)$/.test(hostname) &&
      /^[\w.~%!$&'()*+,/-]*$/.test(pathname)
    );
}

/** An http or https URL, without a trailing slash. */
export const httpUrl: Kind<string> = webUrl()
  // No path can follow a query.
  .refine(({ search, hash }) => `${search}${hash}` === "")
  .transform(({ origin, pathname }) =>
    `${origin}${pathname}`.replace(/\/+$/, "")
  );

/** `true` or `false`, in any case. */
export const flag: Kind<boolean> = z.string().toLowerCase()
  .pipe(z.enum(["true", "false"])).transform((value) => value === "true");

/** A TCP port. */
export const port: Kind<number> = integer(1, 65_535);

/** A whole number from `min` to `max`, inclusive. */
export function integer(min: number, max: number): Kind<number> {
  return z.string().regex(/^\d{1,10}$/).transform(Number)
    .pipe(z.number().min(min).max(max));
}

/** Milliseconds of each unit. */
const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

function time(pattern: RegExp, min: number, max: number): Kind<number> {
  return z.string().regex(pattern).transform((value) =>
    parseInt(value) * (UNITS[value.replace(/\d+/, "")] ?? NaN)
  ).pipe(z.number().min(min).max(max));
}

/**
 * A duration such as `500ms`, `30s` or `2m`.
 *
 * @param max The longest, in milliseconds.
 * @returns The kind; its values are in milliseconds, at least 1.
 */
export function duration(max: number): Kind<number> {
  return time(/^\d{1,9}(ms|s|m)$/, 1, max);
}

/**
 * A duration of up to hours or days, such as `30m`, `24h` or `7d`.
 *
 * @param min The shortest, in milliseconds.
 * @param max The longest, in milliseconds.
 * @returns The kind; its values are in milliseconds.
 */
export function longDuration(min: number, max: number): Kind<number> {
  return time(/^\d{1,10}(ms|s|m|h|d)$/, min, max);
}

/**
 * PEM text, or none. On one line, `\n` stands for line breaks: few tools can
 * set a multi-line variable.
 */
export const pem = z.string().transform((text) => text.replaceAll("\\n", "\n"))
  .refine((text) => text === NONE || /^-----BEGIN [A-Z ]+-----$/m.test(text))
  .transform((text) => text === NONE ? undefined : text);

/**
 * Certificates as PEM text, or none. A private key passed by mistake is refused
 * without being shown.
 */
export const certificates = z.string()
  .refine((text) => !/PRIVATE KEY/.test(text)).pipe(pem);
