import { join } from "node:path";
import { archivedIn } from "./_archived.ts";
import { archiveUnderKills } from "./_under_kills.ts";

Deno.test("archive: kill -9 at any moment loses no event that was answered OK, and doubles none", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await archiveUnderKills({
      folder,
      archive: { ARCHIVE: "file:archive" },
      rounds: 6,
      read: () => archivedIn(join(folder, "archive")),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
