/**
 * Waiting for what another process does: asked again and again, never for ever.
 *
 * @module
 */

/** Options of {@linkcode until}. */
export interface UntilOptions {
  /** How long to go on asking, in milliseconds. @default {30000} */
  readonly patience?: number;
  /** Time between two questions, in milliseconds. @default {50} */
  readonly pause?: number;
}

/**
 * Asks until there is an answer. A question that throws has none yet.
 *
 * @param what What is waited for, for the error's message.
 * @param ask Has the answer, or `undefined`. Its signal ends with the patience.
 * @throws {Error} There was no answer in time; the cause is what was thrown last.
 */
export async function until<T>(
  what: string,
  ask: (signal: AbortSignal) => Promise<T | undefined> | T | undefined,
  { patience = 120_000, pause = 50 }: UntilOptions = {},
): Promise<T> {
  const end = Date.now() + patience;
  for (let cause: unknown;;) {
    const left = Math.max(1, end - Date.now());
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), left);
    try {
      const answer = await ask(controller.signal);
      if (answer !== undefined) return answer;
    } catch (error) {
      cause = error;
    } finally {
      clearTimeout(timer);
    }
    if (Date.now() >= end) {
      throw new Error(`Waited ${patience} ms in vain for ${what}`, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
