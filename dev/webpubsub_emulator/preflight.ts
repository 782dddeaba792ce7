/**
 * Asks upstreams whether they want events, before they get any.
 *
 * @module
 */

/** Time for one question with all its attempts, in milliseconds. */
const TIMEOUT = 10_000;

/** How long a yes holds, in milliseconds. */
const HOLDS = 60_000;

/** Waits after a no, in milliseconds: the last one from then on. */
const BACK_OFF = [1, 2, 4, 8, 16, 32, 60].map((seconds) => seconds * 1_000);

/** Waits between two attempts of one question, in milliseconds. */
const RETRY_DELAY = 500;

interface Record {
  isAllowed: boolean;
  failures: number;
  /** When it is asked again, in milliseconds since the epoch. */
  until: number;
  asking: Promise<void> | undefined;
}

/** Options of {@linkcode Preflights}. */
export interface PreflightsOptions {
  /** The host that asks. */
  readonly origin: string;
  /** Gets a line for each question. */
  readonly print: (line: string) => void;
  /** Ends questions when the emulator stops. */
  readonly signal: AbortSignal;
}

/** What upstreams have said, by address. */
export class Preflights {
  readonly #options: PreflightsOptions;
  readonly #records = new Map<string, Record>();

  /** Asks nothing yet. */
  constructor(options: PreflightsOptions) {
    this.#options = options;
  }

  /**
   * Whether events may go out. The first time it waits for the answer; later the old one
   * holds while it is asked again.
   *
   * @param url The address, with `validate` as the event.
   */
  async allows(url: string): Promise<boolean> {
    const record = this.#records.get(url) ??
      { isAllowed: false, failures: 0, until: 0, asking: undefined };
    const isNew = !this.#records.has(url);
    this.#records.set(url, record);
    if (record.until <= Date.now()) {
      record.asking ??= this.#ask(url, record).finally(() => {
        record.asking = undefined;
      });
    }
    if (isNew || record.until === 0) await record.asking;
    return record.isAllowed;
  }

  async #ask(url: string, record: Record): Promise<void> {
    const problem = await this.#problem(url);
    record.isAllowed = problem === undefined;
    if (problem === undefined) {
      record.failures = 0;
      record.until = Date.now() + HOLDS;
      this.#options.print(
        `✓ OPTIONS ${shown(url)} allows ${this.#options.origin}`,
      );
    } else {
      const delay = BACK_OFF[Math.min(record.failures, BACK_OFF.length - 1)] ??
        0;
      record.failures++;
      record.until = Date.now() + delay;
      this.#options.print(
        `✗ OPTIONS ${shown(url)} ${problem}: no events go there, asked again ` +
          `in ${delay / 1_000} s`,
      );
    }
  }

  /** Why no events may go out. */
  async #problem(url: string): Promise<string | undefined> {
    const signal = AbortSignal.any([
      this.#options.signal,
      AbortSignal.timeout(TIMEOUT),
    ]);
    while (true) {
      const answer = await this.#send("OPTIONS", url, signal);
      const { status } = answer;
      const isTransient = status === 0 || status === 408 || status >= 500;
      if (!isTransient || signal.aborted) {
        const last = status === 404
          ? await this.#send("GET", url, signal)
          : answer;
        return this.#judge(last);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, RETRY_DELAY);
        signal.addEventListener("abort", () => {
          clearTimeout(timer);
          resolve();
        }, { once: true });
      });
      if (signal.aborted) return this.#judge(answer);
    }
  }

  #judge({ status, allowed }: Answer): string | undefined {
    if (status === 0) return "was not answered";
    if (status < 200 || status > 299) return `was answered ${status}`;
    const { origin } = this.#options;
    // The whole line: a list is none of them.
    if (allowed === "*" || allowed?.toLowerCase() === origin) return undefined;
    return `was answered ${status} without WebHook-Allowed-Origin: ${origin}`;
  }

  async #send(
    method: string,
    url: string,
    signal: AbortSignal,
  ): Promise<Answer> {
    try {
      const response = await fetch(url, {
        method,
        redirect: "manual",
        signal,
        headers: {
          "webhook-request-origin": this.#options.origin,
          "ce-awpsversion": "1.0",
        },
      });
      await response.body?.cancel();
      const allowed = response.headers.get("webhook-allowed-origin");
      return { status: response.status, allowed };
    } catch {
      return { status: 0, allowed: null };
    }
  }
}

interface Answer {
  /** 0 if there was none. */
  readonly status: number;
  readonly allowed: string | null;
}

/** An address without its query, which may hold a secret. */
export function shown(url: string): string {
  return url.split("?")[0] ?? "";
}
