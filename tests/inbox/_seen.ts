/**
 * What comes out of an inbox.
 *
 * @module
 */

import assert from "node:assert/strict";
import type {
  DeliverOptions,
  Inbox,
  InboxVerdict,
} from "../../lib/core/inbox.ts";
import { sleep } from "../../lib/core/async.ts";
import { PATIENCE } from "../_support/patience.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Entries of these texts. */
export function entries(...texts: readonly string[]): readonly Uint8Array[] {
  return texts.map((text) => encoder.encode(text));
}

/** The text of an entry. */
export function textOf({ bytes }: { readonly bytes: Uint8Array }): string {
  return decoder.decode(bytes);
}

/** Waits for a condition. */
export async function eventually(
  what: string,
  isSo: () => boolean,
): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!isSo()) {
    if (Date.now() > end) assert.fail(`Still waiting for: ${what}`);
    await sleep(2);
  }
}

/** Options of {@linkcode drain}. */
export interface DrainOptions extends Partial<DeliverOptions> {
  /** How a run ends. @default {done} */
  readonly verdict?: (text: string) => InboxVerdict;
}

/** Delivers until nothing waits, and says what was run. */
export async function drain(
  inbox: Inbox,
  { verdict = () => ({ kind: "done" }), ...options }: DrainOptions = {},
): Promise<readonly string[]> {
  const texts: string[] = [];
  const delivery = inbox.deliver({
    handle: (entry) => {
      texts.push(textOf(entry));
      return Promise.resolve(verdict(textOf(entry)));
    },
    deadLetter: () => Promise.resolve(),
    concurrency: 16,
    maxAttempts: 100,
    ...options,
  });
  await eventually("an empty inbox", () => {
    const { waiting, retrying } = inbox.state;
    return waiting === 0 && retrying === 0;
  });
  await delivery.stop(new AbortController().signal);
  return texts;
}
