/**
 * Looks for mistakes in the handlers while the service runs.
 *
 * @module
 */

import { join } from "node:path";
import { type Finding, findingLine } from "../lint/finding.ts";
import { parseTypeErrors } from "./type_check.ts";

/** Options of {@linkcode createChecks}. */
export interface ChecksOptions {
  /** The project's folder. */
  readonly root: string;
  /** Prints lines. */
  readonly print: (text: string) => void;
}

/** Checks in the background. */
export interface Checks extends AsyncDisposable {
  /** Looks again, in processes of their own; what is under way ends without a word. */
  start(): void;
  /** Ends what is under way. */
  stop(): Promise<void>;
}

/** Creates them; nothing is checked yet. */
export function createChecks(options: ChecksOptions): Checks {
  const { root, print } = options;
  let running: AbortController | undefined;
  let work: Promise<void> = Promise.resolve();
  const told = { types: "", promises: "" };

  /** Says what is new of one kind; a line that was said and is not mended, not again. */
  function tell(kind: keyof typeof told, findings: readonly string[]): void {
    const text = findings.join("\n");
    if (text === told[kind]) return;
    told[kind] = text;
    if (text !== "") print(`To mend, while the service runs:\n${text}`);
    else if (told.types + told.promises === "") {
      print("Nothing is left to mend in the handlers");
    }
  }

  async function check(signal: AbortSignal): Promise<void> {
    const types = await typeErrors(root, signal);
    if (signal.aborted) return;
    // Said at once: the rest takes longer.
    tell("types", types);
    const promises = await forgottenPromises(root, signal);
    if (!signal.aborted) tell("promises", promises);
  }

  return {
    start() {
      running?.abort();
      running = new AbortController();
      const { signal } = running;
      work = Promise.all([work, check(signal)]).then(() => {}, (error) => {
        print(`Handlers were not checked: ${error.message}`);
      });
    },
    async stop() {
      running?.abort();
      await work;
    },
    async [Symbol.asyncDispose]() {
      await this.stop();
    },
  };
}

async function typeErrors(
  root: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { stderr } = await deno(root, {
    args: ["check", "--quiet", "handlers", "lib/mod.ts"],
    signal,
  });
  return parseTypeErrors(stderr, root).map((finding: Finding) =>
    findingLine(finding)
  );
}

async function forgottenPromises(
  root: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { stdout, stderr, code } = await deno(root, {
    args: ["run", "--quiet", "-A", join("dev", "lint", "main.ts"), "handlers"],
    signal,
  });
  const lines = stdout.split("\n").filter(Boolean);
  if (code === 0 || lines.length > 0) return lines;
  const [why = ""] = stderr.trim().split("\n");
  return [`Promises that are not awaited were not looked for: ${why}`];
}

interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function deno(
  root: string,
  { args, signal }: {
    readonly args: readonly string[];
    readonly signal: AbortSignal;
  },
): Promise<Output> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal,
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}
