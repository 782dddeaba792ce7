/**
 * What becomes of accepted events when the process is killed under load, again and
 * again.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { startEmulator } from "../../dev/emulator/mod.ts";
import { until } from "../../dev/until.ts";
import { startApp } from "./_app.ts";
import { readArchive } from "./_service.ts";

const ROUNDS = 5;
const CLIENTS = 8;

interface Sent {
  readonly eventId: string;
  readonly isLoyal: boolean;
}

Deno.test("kill -9 under load loses no accepted event, and none is in the archive or a ticket twice", async () => {
  await using zendesk = await startEmulator();
  const folder = await Deno.makeTempDir();
  try {
    const env = {
      ZENDESK_URL: zendesk.url,
      RATE: "1000",
      ARCHIVE_FLUSH_TIME: "1s",
      ARCHIVE_FLUSH_BYTES: "20000",
      CLIENT_EVENTS_RATE: "0",
    };
    /** `EventId`s that were answered, by what was sent. */
    const accepted = new Map<string, string>();
    const loyal = new Set<string>();
    let waiting: Sent[] = [];
    let number = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await using app = await startApp(folder, env);
      let isOver = false;
      const enough = Promise.withResolvers<void>();
      const before = accepted.size;
      // What had no answer before the last kill is sent again.
      const again = waiting;
      waiting = [];
      const client = async () => {
        while (!isOver) {
          const batch = again.splice(0, 10);
          while (batch.length < 10) {
            batch.push({
              eventId: `e${number++}`,
              isLoyal: number % 10 === 0,
            });
          }
          const entries = batch.map(({ eventId, isLoyal }) => ({
            eventId,
            entry: JSON.stringify({
              eventType: isLoyal ? "loyaltypurchase" : "paging",
              schemaVersion: 2,
              data: { itemSku: 9, own: eventId },
            }),
          }));
          try {
            const response = await fetch(app.url, {
              method: "POST",
              headers: { "content-type": "application/json" },
              body: JSON.stringify({ entries }),
            });
            assert.equal(response.status, 200);
            const { Entries } = await response.json();
            batch.forEach(({ eventId, isLoyal }, index) => {
              accepted.set(eventId, Entries[index].EventId);
              if (isLoyal) loyal.add(Entries[index].EventId);
            });
          } catch (error) {
            if (error instanceof assert.AssertionError) throw error;
            waiting.push(...batch);
          }
          if (accepted.size - before > 600 + 150 * round) enough.resolve();
        }
        waiting.push(...again.splice(0));
      };
      const clients = Array.from({ length: CLIENTS }, client);
      await enough.promise;
      await app.kill();
      isOver = true;
      await Promise.all(clients);
    }
    assert.ok(accepted.size > ROUNDS * 600);
    await using app = await startApp(folder, env);
    await until("all tickets", () => {
      const open = new Set(
        zendesk.tickets.all.map(({ external_id }) => external_id),
      );
      return [...loyal].every((id) => open.has(id)) || undefined;
    });
    await app.stop();
    const lines = Object.values(await readArchive(join(folder, "archive")))
      .flat().map((line) => JSON.parse(line));
    const count = new Map<string, number>();
    for (const { id } of lines) count.set(id, (count.get(id) ?? 0) + 1);
    const lost = [...accepted.values()].filter((id) => !count.has(id));
    const doubled = [...count].filter(([, times]) => times > 1);
    assert.deepEqual({ lost, doubled }, { lost: [], doubled: [] });
    const tickets = zendesk.tickets.all.map(({ external_id }) => external_id);
    assert.equal(new Set(tickets).size, tickets.length);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
