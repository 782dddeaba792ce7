/**
 * What the service promises, tested on a process of it: from source, or as the
 * executable that ships. One step or test a rule.
 *
 * @module
 */

import { agsRules } from "./_ags_rules.ts";
import { answerRules } from "./_answer_rules.ts";
import { authRules } from "./_auth_rules.ts";
import { deadLetterRules } from "./_dead_letter_rules.ts";
import { eventRules } from "./_event_rules.ts";
import { drainRules } from "./_drain_rules.ts";
import { fuzzRules } from "./_fuzz_rules.ts";
import { operatorRules } from "./_operator_rules.ts";
import { outputRules } from "./_output_rules.ts";
import { refusalRules } from "./_refusal_rules.ts";
import { sessionRules } from "./_session_rules.ts";
import { startRules } from "./_start_rules.ts";
import { transportRules } from "./_transport_rules.ts";
import { traceRules } from "./_trace_rules.ts";
import type { StartTarget } from "./_target.ts";
import type { Suite } from "./_world.ts";

export { startProcess } from "./_target.ts";
export type { StartTarget, Target, TargetOptions } from "./_target.ts";

/** Options of {@linkcode conformance}. */
export interface ConformanceOptions {
  /** Whether this form reads a `.env` file in its working directory. @default {true} */
  readonly readsEnvFile?: boolean;
  /**
   * Bytes of memory that its runtime is known to lose with each connection: Deno
   * 2.7.11 to 2.9.3 do.
   *
   * @default {0}
   */
  readonly knownLeak?: number;
  /**
   * Whether its runtime can send HTTP/2 pings: Deno 2.7.11 throws where it should.
   *
   * @default {true}
   */
  readonly canPing?: boolean;
  /**
   * Whether `OTEL_DENO` in its environment has its runtime send OTLP: an executable
   * does only if it was compiled with it.
   *
   * @default {true}
   */
  readonly sendsOtlp?: boolean;
}

/**
 * Registers the tests: {@linkcode conformance} of an event at a time, and
 * {@linkcode endurance}.
 *
 * @param name What the form of the service is called in the tests' names.
 * @param startTarget Starts it.
 */
export function fullConformance(
  name: string,
  startTarget: StartTarget,
  options: ConformanceOptions = {},
): void {
  conformance(name, startTarget, options);
  endurance(name, startTarget, options);
}

/**
 * Registers the tests of floods, of hostile callers, and of what tries to take all
 * memory: they need most of a machine, for minutes.
 *
 * @param name What the form of the service is called in the tests' names.
 * @param startTarget Starts it.
 */
export function endurance(
  name: string,
  startTarget: StartTarget,
  options: ConformanceOptions = {},
): void {
  const suite = suiteOf(name, startTarget, options);
  answerRules(suite);
  authRules(suite);
  sessionRules(suite);
  fuzzRules(suite);
}

/**
 * Registers the other tests.
 *
 * @param name What the form of the service is called in the tests' names.
 * @param startTarget Starts it.
 */
export function conformance(
  name: string,
  startTarget: StartTarget,
  options: ConformanceOptions = {},
): void {
  const suite = suiteOf(name, startTarget, options);
  startRules(suite);
  eventRules(suite);
  deadLetterRules(suite);
  outputRules(suite);
  agsRules(suite);
  refusalRules(suite);
  operatorRules(suite);
  transportRules(suite);
  drainRules(suite);
  traceRules(suite);
}

function suiteOf(
  name: string,
  startTarget: StartTarget,
  {
    readsEnvFile = true,
    knownLeak = 0,
    canPing = true,
    sendsOtlp = true,
  }: ConformanceOptions,
): Suite {
  return { name, startTarget, readsEnvFile, knownLeak, canPing, sendsOtlp };
}
