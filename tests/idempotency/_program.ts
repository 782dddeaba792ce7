/**
 * The service with handlers and clocks that do not behave: run in place of `main.ts`,
 * with its permissions.
 *
 * - `blocked N MS`: the first N events begin together; then the loop stands still for
 *   so long, which it says in the log before, and all of them go on.
 * - `slow MS`: handlers wait for so long before they begin.
 * - `deaf`: handlers never end, whatever their signal says.
 * - `jumping`: as a handler begins, the wall clock jumps an hour forward.
 *
 * @module
 */

import { setTimeout as delay } from "node:timers/promises";
import { handlers, settings } from "../../dev/reference/mod.ts";
import { readEnvironment } from "../../lib/config/environment.ts";
import type { Handler } from "../../lib/core/on.ts";
import { main } from "../../main.ts";

/** What the log says when the loop is about to stand still. */
const BLOCKED = '{"message":"Loop is blocked"}\n';

type Before = () => Promise<unknown> | void;

const [behaviour, ...numbers] = Deno.args;
const [first = 0, second = 0] = numbers.map(Number);

const BEHAVIOURS: Readonly<Record<string, () => Before>> = {
  blocked() {
    const all = Promise.withResolvers<void>();
    let begun = 0;
    return () => {
      if (++begun === first) {
        // Once the others wait, too.
        setTimeout(() => {
          // At once: what the log writes waits for the loop.
          Deno.stdout.writeSync(new TextEncoder().encode(BLOCKED));
          const end = performance.now() + second;
          while (performance.now() < end);
          all.resolve();
        });
      }
      return all.promise;
    };
  },
  slow: () => async () => {
    const end = performance.now() + first;
    // Short ones: due before what renews claims, when the process goes on.
    while (performance.now() < end) await delay(20);
  },
  deaf: () => () => new Promise(() => {}),
  jumping() {
    const { now } = Date;
    let ahead = 0;
    Date.now = () => now() + ahead;
    return () => {
      ahead += 3_600_000;
    };
  },
};

function behaving(before: Before): (handler: Handler) => Handler {
  return (handler) => ({
    ...handler,
    async handle(event, ctx) {
      await before();
      return await handler.handle(event, ctx);
    },
  });
}

const behave = BEHAVIOURS[behaviour ?? ""];
if (behave === undefined) throw new Error(`No such behaviour: ${behaviour}`);

Deno.exit(
  await main({
    args: [],
    readEnvironment: (table) => readEnvironment(".env", table),
    settings,
    handlers: handlers.map(behaving(behave())),
  }),
);
