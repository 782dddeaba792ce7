import assert from "node:assert/strict";
import { join } from "node:path";
import { misspeltSettings } from "../../lib/config/misspelt.ts";
import { SETTINGS } from "../../lib/config/table.ts";

/** What is said of a file of these lines. */
async function said(...lines: readonly string[]): Promise<readonly string[]> {
  const folder = await Deno.makeTempDir();
  const file = join(folder, ".env");
  try {
    await Deno.writeTextFile(file, lines.join("\n"));
    return misspeltSettings(file, SETTINGS)
      .map((text) => text.replace(file, ".env"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (
  const [name, meant] of [
    ["MAX_ATEMPTS", "MAX_ATTEMPTS"],
    ["AB_BASEURL", "AB_BASE_URL"],
    ["ab_namespace", "AB_NAMESPACE"],
    ["AB_CLIENT_SECRETS", "AB_CLIENT_SECRET"],
    ["LOG_LEVLE", "LOG_LEVEL"],
  ]
) {
  Deno.test(`misspeltSettings() knows ${meant} in ${name}, and shows no value`, async () => {
    assert.deepEqual(await said(`${name}=private`), [
      `${name} in .env is not a setting, and is ignored: did you mean ${meant}`,
    ]);
  });
}

Deno.test("misspeltSettings() mentions what begins as AGS's settings do, whatever follows", async () => {
  assert.deepEqual(await said("AB_COMPLETELY_DIFFERENT=1"), [
    "AB_COMPLETELY_DIFFERENT in .env is not a setting, and is ignored",
  ]);
});

Deno.test("misspeltSettings() leaves settings and what other programs have alone", async () => {
  const names = Object.values(SETTINGS).map(({ env }) => env);
  const others = ["COMPOSE_PROJECT_NAME", "EMULATOR_PORT", "PATH", "TZ"];
  assert.deepEqual(
    await said(...[...names, ...others].map((name) => `${name}=1`)),
    [],
  );
});

Deno.test("misspeltSettings() says nothing without a file", () => {
  assert.deepEqual(misspeltSettings("nothing/.env", SETTINGS), []);
});
