/**
 * `./task gen`: writes `emulator/seed.schema.json`, by which editors check and
 * complete `emulator/seed.json`.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { seedJsonSchema } from "../emulator/seed.ts";
import { run } from "../command_line.ts";
import { settle } from "./_cli.ts";

if (import.meta.main) {
  await run((args) => {
    const text = `${JSON.stringify(seedJsonSchema(), null, 2)}\n`;
    return settle({
      files: new Map([["seed.schema.json", text]]),
    }, {
      root: fileURLToPath(new URL("../../emulator", import.meta.url)),
      check: args.includes("--check"),
      command: "./task gen",
      output: console,
    });
  });
}
