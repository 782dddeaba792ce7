/**
 * The service with one handler of `connect`: what `bench:http` measures.
 *
 * @module
 */

import { readEnvironment } from "../../lib/config/environment.ts";
import { on } from "../../lib/mod.ts";
import { main } from "../../main.ts";

Deno.exit(
  await main({
    args: [],
    readEnvironment: (table) => readEnvironment(".env", table),
    handlers: [
      on("webPubSub.connect", () => ({ groups: ["all"] }), { name: "connect" }),
    ],
  }),
);
