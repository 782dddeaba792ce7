/**
 * What the process says of `.env` files that somebody has written wrongly: never the
 * client's secret.
 *
 * @module
 */

import assert from "node:assert/strict";
import { TEST_SETTINGS } from "../_support/config.ts";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../_support/process.ts";

const MAIN = fileURLToPath(
  new URL("../../dev/reference_service.ts", import.meta.url),
);
const SECRET = "hush-3f9a";

/** The lines of a file that is right. */
const LINES = [
  "AB_BASE_URL=http://127.0.0.1:1",
  "AB_CLIENT_ID=client",
  `AB_CLIENT_SECRET=${SECRET}`,
  "AB_NAMESPACE=game",
  "ITEM_ID_TO_GRANT=item",
];

/** Runs the service, which ends by itself, in a folder with this file. */
async function start(content: string, args: readonly string[]) {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, ".env"), content);
    return await run(Deno.execPath(), {
      args: ["run", "--no-prompt", "-A", MAIN, ...args],
      cwd: folder,
      // The runtime itself complains of those of OpenTelemetry that are empty.
      env: Object.fromEntries(
        Object.values(TEST_SETTINGS).filter(({ env }) =>
          !env.startsWith("OTEL_")
        )
          .map(({ env }) => [env, ""]),
      ),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const WRONG: Readonly<Record<string, string>> = {
  "a quote that the next one closes, lines later": [
    'AB_BASE_URL="http://127.0.0.1:1',
    ...LINES.slice(1, -1),
    'ITEM_ID_TO_GRANT="item"',
  ].join("\n"),
  "a quote within the secret's own line": [
    ...LINES.slice(0, 1),
    'AB_CLIENT_ID="client',
    ...LINES.slice(2, -1),
    'ITEM_ID_TO_GRANT="item"',
  ].join("\r\n"),
  "a quote, and a line that is no setting": [
    "AB_CLIENT_ID='client",
    `# secret: ${SECRET}`,
    "OTHER='1'",
    LINES[0],
    ...LINES.slice(3),
  ].join("\n"),
  "`;` between entries": LINES.join(";"),
  "`; ` between entries": LINES.join("; "),
  "spaces between entries": LINES.join(" "),
  "`;` between the last two": [
    ...LINES.slice(0, 1),
    LINES.slice(1).join(";"),
  ].join("\n"),
};

for (const [what, content] of Object.entries(WRONG)) {
  for (const args of [["--print-config"], []]) {
    Deno.test(`main.ts ${args} shows no secret where .env has ${what}`, async () => {
      const { code, stdout, stderr } = await start(content, args);
      assert.equal(code, 78, stderr);
      assert.match(stderr, /^AB_[A-Z_]+ is (not set|invalid): expected /);
      assert.ok(!`${stdout}${stderr}`.includes(SECRET), stderr);
    });
  }
}

for (const [end, name] of [["\n", "LF"], ["\r\n", "CRLF"], ["\r", "CR"]]) {
  Deno.test(`main.ts reads an .env whose lines end in ${name}`, async () => {
    const content = LINES.join(end);
    const { code, stdout, stderr } = await start(content, ["--print-config"]);
    assert.equal(code, 0, stderr);
    for (const line of LINES) {
      const shown = line.replace(SECRET, "[secret]");
      assert.ok(stdout.split("\n").includes(shown), `${line}: ${stdout}`);
    }
  });
}
