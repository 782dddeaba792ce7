/**
 * The service as a process, killed while it archives.
 *
 * @module
 */

import assert from "node:assert/strict";
import { connect } from "../../dev/event_client.ts";
import {
  CONSUMABLE_ITEM_ID,
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  startEmulator,
} from "../../dev/emulator/mod.ts";
import { agsId, eventBytes, LOGGED_IN, PATHS } from "../conformance/_events.ts";
import { startSource } from "../conformance/_source.ts";
import type { ArchivedLine } from "./_archived.ts";

/** Calls at once. */
const CALLERS = 8;

/** Options of {@linkcode archiveUnderKills}. */
export interface UnderKillsOptions {
  /** Where the service works. */
  readonly folder: string;
  /** Which archive: variables of the service. */
  readonly archive: Readonly<Record<string, string>>;
  /** How often it is killed before it is stopped. */
  readonly rounds: number;
  /** Reads the archive at the end. */
  readonly read: () => Promise<readonly ArchivedLine[]>;
}

/**
 * Sends logins, kills the service with `kill -9` after some of them, starts it again,
 * sends again what had no answer, as AGS's connector does, and stops it in the end.
 *
 * @throws {AssertionError} An event that was answered OK is not in the archive, or one
 * is there twice.
 */
export async function archiveUnderKills(
  { folder, archive, rounds, read }: UnderKillsOptions,
): Promise<void> {
  await using emulator = await startEmulator();
  const env = {
    AB_BASE_URL: emulator.url,
    AB_CLIENT_ID: DEFAULT_CLIENT_ID,
    AB_CLIENT_SECRET: DEFAULT_CLIENT_SECRET,
    AB_NAMESPACE: emulator.namespace,
    ITEM_ID_TO_GRANT: CONSUMABLE_ITEM_ID,
    DEAD_LETTER: "log",
    ARCHIVE_EVENTS: "userAuthentication.*",
    ARCHIVE_FLUSH_BYTES: "16384",
    ARCHIVE_FLUSH_TIME: "1s",
    ...archive,
  };
  const unanswered: string[] = [];
  const accepted: string[] = [];

  /** @param enough Answers after which it is killed; `undefined`: it is stopped. */
  async function live(enough: number | undefined): Promise<void> {
    const target = await startSource({ env, cwd: folder });
    using client = connect(`127.0.0.1:${target.grpcPort}`);
    const before = accepted.length;
    let isOver = false;
    async function call(): Promise<void> {
      while (!isOver) {
        const id = unanswered.pop() ?? agsId();
        const bytes = eventBytes(emulator.namespace, { id });
        const { status } = await client.send(PATHS[LOGGED_IN], bytes, 10_000);
        if (status === "OK") accepted.push(id);
        else unanswered.push(id);
        if (enough === undefined && unanswered.length === 0) return;
        if (enough !== undefined && accepted.length - before >= enough) {
          if (!isOver) target.signal("SIGKILL");
          isOver = true;
        }
      }
    }
    await Promise.all(Array.from({ length: CALLERS }, call));
    if (enough === undefined) target.signal("SIGTERM");
    const { code } = await target.exited;
    assert.equal(code, enough === undefined ? 0 : 137);
    await target[Symbol.asyncDispose]();
  }

  for (let round = 0; round < rounds; round++) {
    await live(10 + Math.floor(Math.random() * 100));
  }
  await live(undefined);
  const archived = (await read()).map(({ event }) => `${event.id}`);
  const kept = new Set(archived);
  assert.ok(accepted.length > 10 * rounds, `${accepted.length} accepted`);
  assert.deepEqual(accepted.filter((id) => !kept.has(id)), []);
  assert.equal(archived.length, kept.size);
}
