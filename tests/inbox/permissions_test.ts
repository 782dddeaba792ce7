import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { taskFlags } from "../_support/task_flags.ts";

const INBOX = new URL("../../lib/inbox/file_inbox.ts", import.meta.url);
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

const SCRIPT = `
import { openFileInbox } from ${JSON.stringify(INBOX.href)};
for (let round = 0; round < 2; round++) {
  await using inbox = await openFileInbox({ folder: "inbox", maxBytes: 2 ** 20 });
  await inbox.append([Uint8Array.of(round)]);
  console.log(inbox.state.waiting);
}
`;

for (const task of ["start"] as const) {
  Deno.test(`the inbox needs no more than deno task ${task} is allowed`, async () => {
    const cwd = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${cwd}/script.ts`, SCRIPT);
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--quiet",
          "--config",
          CONFIG,
          ...taskFlags(task).filter((flag) => flag.startsWith("--allow-")),
          "--no-prompt",
          "script.ts",
        ],
        cwd,
      }).output();
      const text = new TextDecoder();
      assert.equal(text.decode(stdout), "1\n2\n", text.decode(stderr));
    } finally {
      await Deno.remove(cwd, { recursive: true });
    }
  });
}
