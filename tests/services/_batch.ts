/**
 * Events that are delivered as AGS's connector does.
 *
 * @module
 */

import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { CONSUMABLE_ITEM_ID, type Emulator } from "../../dev/emulator/mod.ts";
import { agsId, eventBytes, LOGGED_IN, PATHS } from "../conformance/_events.ts";
import type { Replica } from "./_service.ts";
import { PATIENCE } from "../_support/patience.ts";

/** Events of players of their own. */
export class Batch {
  readonly players: readonly string[];
  readonly #bytes: ReadonlyMap<string, Uint8Array>;
  /** Those that were not answered OK yet. */
  readonly left: Set<string>;

  constructor(readonly emulator: Emulator, size: number) {
    this.players = Array.from({ length: size }, () => agsId());
    this.left = new Set(this.players);
    this.#bytes = new Map(
      this.players.map((
        userId,
      ) => [userId, eventBytes(emulator.namespace, { userId })]),
    );
  }

  /** Sends events to a replica, all at once; they wait so many milliseconds. */
  async send(
    { client }: Replica,
    players: Iterable<string> = this.left,
    timeout = 10_000,
  ): Promise<readonly string[]> {
    return await Promise.all([...players].map(async (userId) => {
      const bytes = this.#bytes.get(userId) ?? assert.fail();
      const { status } = await client.send(PATHS[LOGGED_IN], bytes, timeout);
      if (status === "OK") this.left.delete(userId);
      return status;
    }));
  }

  /** Sends what is left, as the connector does, until nothing is. */
  async finish(replica: Replica): Promise<void> {
    const end = Date.now() + PATIENCE;
    while (this.left.size > 0) {
      assert.ok(Date.now() < end, `${this.left.size} events are left`);
      await this.send(replica);
      await delay(50);
    }
  }

  /** Fails unless every player was granted the item once. */
  assertGrantedOnce(): void {
    const { state } = this.emulator;
    const counts = this.players.map((userId) =>
      state.grantCount(userId, CONSUMABLE_ITEM_ID).grants
    );
    assert.deepEqual(counts, this.players.map(() => 1));
  }
}
