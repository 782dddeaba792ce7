import { INBOX_RULES } from "../../lib/inbox/conformance.ts";
import { diskWorld } from "./_disk_world.ts";

for (const { name, check } of INBOX_RULES) {
  Deno.test(`file inbox: ${name}`, () =>
    check(() => Promise.resolve(diskWorld())));
}
