/**
 * Other people's clients of client events: AccelByte's Python SDK, and Cognito's tokens
 * as moto makes them.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { createTokenAuthorizer } from "../../lib/capture/authorizer.ts";
import { cognitoRules } from "../../lib/capture/token_rules.ts";
import { HttpProblem } from "../../lib/core/http.ts";
import { run } from "../_support/process.ts";
import { serve } from "../ags/_server.ts";
import { startCapture } from "../capture/_service.ts";
import { testWithTool } from "./_tools.ts";

const scriptOf = (name: string) =>
  fileURLToPath(new URL(`testdata/${name}`, import.meta.url));

const SDK = {
  name: "Python with accelbyte-py-sdk (PyPI)",
  probes: [["python3", "-c", "import accelbyte_py_sdk"]],
  isRequired: true,
} as const;

const MOTO = {
  name: "Python with moto[cognitoidp] and boto3 (PyPI)",
  probes: [["python3", "-c", "import moto, boto3"]],
  isRequired: true,
} as const;

testWithTool(
  "AccelByte's Python SDK sends telemetry, all of a call or none",
  SDK,
  async ({ command }) => {
    const folder = await Deno.makeTempDir();
    try {
      await using game = await startCapture({ folder });
      const token = await game.ags.playerToken("p".repeat(32));
      const { code, stdout, stderr } = await run(command, {
        args: [scriptOf("game_telemetry.py"), game.url, token],
      });
      assert.equal(code, 0, stderr);
      assert.deepEqual(JSON.parse(stdout), [null, "refused", null]);
      await game.service.drain();
      const lines = Object.values(await game.archived()).flat()
        .map((line) => JSON.parse(line));
      assert.deepEqual(
        lines.map(({ detail }) => detail.eventType).toSorted(),
        ["died", "level-up"],
      );
      assert.deepEqual(lines[0].detail.data, { level: 7 });
      assert.equal(lines[0].detail.eventTimestamp, "2026-10-07T09:15:04Z");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testWithTool(
  "A player of Cognito is known by the access token, and not by the ID token",
  MOTO,
  async ({ command }) => {
    const { code, stdout, stderr } = await run(command, {
      args: [scriptOf("cognito.py")],
    });
    assert.equal(code, 0, stderr);
    const { issuer, client, access, id, keys } = JSON.parse(stdout);
    await using server = serve(() => Response.json(keys));
    const authorize = (audience: string) =>
      createTokenAuthorizer({
        ...cognitoRules({
          issuer,
          audiences: [audience],
          clientIdClaim: "sub",
        }),
        jwksUrl: server.url,
      });
    const { clientId } = await authorize(client)(access);
    assert.match(clientId, /^[0-9a-f-]{36}$/);
    for (const [audience, token] of [[client, id], ["other", access]]) {
      await assert.rejects(
        async () => await authorize(audience)(token),
        (error) => error instanceof HttpProblem && error.status === 401,
      );
    }
  },
);
