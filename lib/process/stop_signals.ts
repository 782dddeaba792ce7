/**
 * Waits for stop signals.
 *
 * @module
 */

/** The result of {@linkcode stopSignals}. */
export interface StopSignals extends Disposable {
  /** Resolves with the first signal's name. */
  readonly received: Promise<Deno.Signal>;
}

/** Windows has no SIGTERM. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/** Exit code of a process ended by a second signal: 128 + SIGTERM. */
const ENDED_AT_ONCE = 143;

/**
 * Listens for the signals that stop a service. A second one ends it at once,
 * except a SIGTERM after a SIGINT: Ctrl-C also reaches a supervisor, and one
 * like `deno run --watch` passes it on as SIGTERM.
 */
export function stopSignals(): StopSignals {
  const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
  const seen: Deno.Signal[] = [];
  const listeners = SIGNALS.map((signal) => {
    const listener = () => {
      seen.push(signal);
      const isPassedOn = seen.join() === "SIGINT,SIGTERM";
      if (seen.length > 1 && !isPassedOn) Deno.exit(ENDED_AT_ONCE);
      resolve(signal);
    };
    Deno.addSignalListener(signal, listener);
    return () => Deno.removeSignalListener(signal, listener);
  });
  return {
    received: promise,
    [Symbol.dispose]() {
      for (const remove of listeners) remove();
    },
  };
}
