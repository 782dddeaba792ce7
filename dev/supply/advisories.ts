/**
 * Asks an npm registry for known vulnerabilities.
 *
 * `deno audit` and `npm audit` exit with 1 both when they found something and when
 * the registry did not answer. Here the two are told apart, and a registry that
 * answers but knows nothing is found out.
 *
 * @module
 */

import { z } from "zod";

/** How bad an advisory is, mildest first. */
export const SEVERITIES = [
  "info",
  "low",
  "moderate",
  "high",
  "critical",
] as const;

/** How bad an advisory is. */
export type Severity = typeof SEVERITIES[number];

/** One known vulnerability of a locked package. */
export interface Advisory {
  /** The package. */
  readonly name: string;
  /** Its versions that were asked about. */
  readonly versions: readonly string[];
  /** What it is, in a few words. */
  readonly title: string;
  /** Where it is described; ends with its GHSA identifier. */
  readonly url: string;
  readonly severity: Severity;
  /** Versions that have it. */
  readonly vulnerableVersions: string;
}

/** Versions by package name: what is asked about, in the registry's own form. */
export type Versions = Readonly<Record<string, readonly string[]>>;

/** The registry could not be asked: nothing is known, good or bad. */
export class AdvisoryLookupError extends Error {
  override name = "AdvisoryLookupError";
}

/** Options of {@linkcode findAdvisories}. */
export interface FindOptions {
  /** Base address of the registry. */
  readonly registry: string;
  /** Ends the requests. @default {after 60 s} */
  readonly signal?: AbortSignal;
}

/**
 * A version that everybody knows to be vulnerable (GHSA-xvch-5gv4-984h, critical).
 * A registry that does not say so has no advisories to give.
 */
const CONTROL: Versions = { minimist: ["0.0.8"] };

/** Largest answer taken, in bytes: 50 packages make a few kilobytes. */
const MAX_ANSWER = 16 * 2 ** 20;

const answerSchema = z.record(
  z.string(),
  z.array(z.object({
    title: z.string(),
    url: z.string(),
    severity: z.enum(SEVERITIES),
    vulnerable_versions: z.string(),
  })),
);

/**
 * The known vulnerabilities of these versions, worst first.
 *
 * @throws {AdvisoryLookupError} The registry did not answer, or not with advisories.
 */
export async function findAdvisories(
  versions: Versions,
  options: FindOptions,
): Promise<readonly Advisory[]> {
  const { registry, signal = AbortSignal.timeout(60_000) } = options;
  const url = new URL(
    "-/npm/v1/security/advisories/bulk",
    registry.replace(/\/*$/, "/"),
  );
  const control = await ask(url, CONTROL, signal);
  if (control.length === 0) {
    throw new AdvisoryLookupError(
      `${url} knows of no vulnerability in minimist 0.0.8: ` +
        "expected a registry that has advisories",
    );
  }
  const found = await ask(url, versions, signal);
  return found.toSorted((a, b) =>
    SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity)
  );
}

async function ask(
  url: URL,
  versions: Versions,
  signal: AbortSignal,
): Promise<readonly Advisory[]> {
  let answer;
  try {
    answer = answerSchema.parse(
      JSON.parse(await post(url, JSON.stringify(versions), signal)),
    );
  } catch (cause) {
    if (cause instanceof AdvisoryLookupError) throw cause;
    const text = cause instanceof z.ZodError || cause instanceof SyntaxError
      ? "did not answer with advisories"
      : `did not answer: ${cause instanceof Error ? cause.message : cause}`;
    throw new AdvisoryLookupError(`${url} ${text}`, { cause });
  }
  return Object.entries(answer).flatMap(([name, advisories]) =>
    advisories.map(({ vulnerable_versions: vulnerableVersions, ...rest }) => ({
      name,
      versions: versions[name] ?? [],
      ...rest,
      vulnerableVersions,
    }))
  );
}

async function post(
  url: URL,
  body: string,
  signal: AbortSignal,
): Promise<string> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
    signal,
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw new AdvisoryLookupError(
      `${url} answered ${response.status}: expected 200`,
    );
  }
  const decoder = new TextDecoder();
  let [text, size] = ["", 0];
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER) {
      throw new AdvisoryLookupError(
        `${url} answered more than ${MAX_ANSWER} bytes: expected advisories`,
      );
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
