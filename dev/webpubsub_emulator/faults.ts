/**
 * Things that go wrong on the way to an upstream, when they are asked for.
 *
 * @module
 */

/** What goes wrong. */
export type FaultKind =
  /** The upstream's answer is lost: the event is delivered again. */
  | "loseAnswer"
  /** The event is delivered a second time although it was answered. */
  | "deliverAgain";

/** All kinds. */
export const FAULT_KINDS: readonly FaultKind[] = ["loseAnswer", "deliverAgain"];

/** Something that is to go wrong. */
export interface Fault {
  /** What. */
  readonly kind: FaultKind;
  /** With which event, in any case. @default {any} */
  readonly event?: string;
  /** How often. @default {1} */
  readonly count?: number;
}

/** What is to go wrong. */
export class Faults {
  #pending: {
    readonly kind: FaultKind;
    readonly event?: string;
    left: number;
  }[] = [];

  /** Lets something go wrong, after what was asked for before. */
  add({ kind, event, count = 1 }: Fault): void {
    this.#pending.push({
      kind,
      left: count,
      ...(event === undefined ? {} : { event: event.toLowerCase() }),
    });
  }

  /** Whether it goes wrong now. */
  take(kind: FaultKind, event: string): boolean {
    const fault = this.#pending.find((each) =>
      each.kind === kind &&
      (each.event === undefined || each.event === event.toLowerCase())
    );
    if (fault === undefined) return false;
    if (--fault.left <= 0) {
      this.#pending = this.#pending.filter((each) => each !== fault);
    }
    return true;
  }
}
