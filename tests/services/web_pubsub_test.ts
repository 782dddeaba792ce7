/**
 * Microsoft's Python clients of Azure Web PubSub against the emulator.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { ConnectionRefused } from "event-handler/web-pubsub";
import { run } from "../_support/process.ts";
import { startScene } from "../dev/webpubsub_emulator/_scene.ts";
import { testWithTool } from "./_tools.ts";

const IMPORTS =
  "import azure.messaging.webpubsubservice, azure.messaging.webpubsubclient";

const PYTHON = {
  name:
    "Python with azure-messaging-webpubsubservice and -webpubsubclient (PyPI)",
  probes: [["python3", "-c", IMPORTS]],
  isRequired: true,
} as const;

const SCRIPT = fileURLToPath(
  new URL("testdata/web_pubsub.py", import.meta.url),
);

testWithTool(
  "Python's clients of Web PubSub work against the emulator",
  PYTHON,
  async ({ command }) => {
    await using scene = await startScene({
      handlers: {
        handleUserEvent({ data }) {
          if (
            data.connection.eventName === "fail"
          ) throw new ConnectionRefused(400);
          return data.dataType === "binary"
            ? data.content
            : { got: data.content };
        },
      },
    });
    const { code, stdout, stderr } = await run(command, {
      args: [SCRIPT, scene.emulator.connectionString],
    });
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), {
      group: [{ n: 1 }],
      server: [
        { got: "text" },
        [0, 255],
        { to: "all" },
        "to the user",
        { to: "the group" },
      ],
      failed: true,
      exists: [true, true, true, false, false, true],
    });
  },
);
