/**
 * Inboxes on a disk in memory.
 *
 * @module
 */

import type { Inbox } from "../../lib/core/inbox.ts";
import type { InboxWorld } from "../../lib/inbox/conformance.ts";
import {
  type FileInboxOptions,
  openFileInbox,
} from "../../lib/inbox/file_inbox.ts";
import { FakeDisk } from "./_fake_disk.ts";

/** A world that tests can do harm to. */
export interface DiskWorld extends InboxWorld {
  /** Where the inbox is, in the folder `/inbox`. */
  readonly disk: FakeDisk;
  open(options?: Partial<FileInboxOptions>): Promise<Inbox>;
}

/** Makes a world with an empty disk and short segments. */
export function diskWorld(disk = new FakeDisk()): DiskWorld {
  let current: Inbox | undefined;
  const zombies: Promise<unknown>[] = [];
  /** Ends what a dead process would no longer do. */
  function bury(): void {
    const inbox = current;
    current = undefined;
    if (inbox === undefined) return;
    zombies.push(Promise.resolve(inbox[Symbol.asyncDispose]()).catch(() => {}));
  }
  return {
    disk,
    async open(options = {}) {
      return current = await openFileInbox({
        folder: "/inbox",
        files: disk.mount(),
        segmentBytes: 2_000,
        maxBytes: 2 ** 24,
        delays: [10, 30],
        ...options,
      });
    },
    crash() {
      disk.kill();
      bury();
      return Promise.resolve();
    },
    async [Symbol.asyncDispose]() {
      bury();
      await Promise.all(zombies);
    },
  };
}
