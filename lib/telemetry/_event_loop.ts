/**
 * Measures the lag of the event loop.
 *
 * Deno's own `monitorEventLoopDelay` reports microseconds while the loop is
 * blocked for a third of a second, and prom-client's metrics would repeat that.
 *
 * @module
 */

/** How late timers fired over the last minute, in seconds. */
export interface EventLoopLag {
  /** The smallest. */
  readonly min: number;
  /** The largest. */
  readonly max: number;
  /** The mean. */
  readonly mean: number;
  /** The standard deviation. */
  readonly stddev: number;
  /** Half of them were not later. */
  readonly p50: number;
  /** 90 of 100 were not later. */
  readonly p90: number;
  /** 99 of 100 were not later. */
  readonly p99: number;
}

/** Measures the event loop until it is disposed of. */
export interface EventLoopMonitor extends Disposable {
  /** The values of the last minute; `undefined` before the first one. */
  read(): EventLoopLag | undefined;
}

/** How often a timer is set, in milliseconds. */
const INTERVAL = 20;

/**
 * How far back the values go, in milliseconds: at least as long as any scrape
 * interval.
 */
const WINDOW = 60_000;

/** Options of {@linkcode monitorEventLoop}. */
export interface EventLoopOptions {
  /** Milliseconds, monotonic. @default {performance.now} */
  readonly now?: () => number;
}

/** Starts measuring. */
export function monitorEventLoop(
  { now = () => performance.now() }: EventLoopOptions = {},
): EventLoopMonitor {
  const lags = new Float64Array(WINDOW / INTERVAL);
  let count = 0;
  let due = now() + INTERVAL;
  const timer = setInterval(() => {
    const at = now();
    lags[count++ % lags.length] = Math.max(0, at - due) / 1_000;
    due = at + INTERVAL;
  }, INTERVAL);
  // Servers keep the process alive, not this timer.
  Deno.unrefTimer(timer);
  let figures: EventLoopLag | undefined;
  let figuresAt = 0;
  return {
    read() {
      if (count !== figuresAt) {
        figures = figuresOf(lags.slice(0, count).sort());
        figuresAt = count;
      }
      return figures;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function figuresOf(sorted: Float64Array): EventLoopLag {
  const at = (share: number) => {
    const rank = Math.ceil(share * sorted.length);
    return sorted[Math.max(rank, 1) - 1] ?? 0;
  };
  const sum = (values: Float64Array) =>
    values.reduce((total, value) => total + value, 0);
  const mean = sum(sorted) / sorted.length;
  const variance = sum(sorted.map((lag) => (lag - mean) ** 2)) / sorted.length;
  return {
    min: at(0),
    max: at(1),
    mean,
    stddev: Math.sqrt(variance),
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
  };
}
