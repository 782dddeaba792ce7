/**
 * The service with a bug: its handlers fail on every hundredth event, always.
 *
 * A process of its own, started in place of `main.ts`.
 *
 * @module
 */

import { handlers, settings } from "../../dev/reference/mod.ts";
import { readEnvironment } from "../../lib/config/environment.ts";
import type { Handler } from "../../lib/core/on.ts";
import { main } from "../../main.ts";
import { isBad, numberOf } from "./numbers.ts";

function poisoned(handler: Handler): Handler {
  return {
    ...handler,
    handle(event, ctx) {
      if (isBad(numberOf(event.id))) throw new Error("Handler has a bug");
      return handler.handle(event, ctx);
    },
  };
}

Deno.exit(
  await main({
    args: [],
    readEnvironment: (table) => readEnvironment(".env", table),
    settings,
    handlers: handlers.map(poisoned),
  }),
);
