/**
 * What the endpoint is measured against: a bare `node:http` server that parses a batch
 * and each event in it, and appends them to a file. It checks nobody's token, and
 * answers before anything is on disk.
 *
 * @module
 */

import { createWriteStream } from "node:fs";
import { createServer } from "node:http";

const [path = ""] = Deno.args;
const file = createWriteStream(path, { flags: "a" });

const server = createServer((request, response) => {
  const pieces: Uint8Array[] = [];
  request.on("data", (piece: Uint8Array) => pieces.push(piece));
  request.on("end", () => {
    const bytes = new Uint8Array(
      pieces.reduce((sum, { length }) => sum + length, 0),
    );
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    const { entries } = JSON.parse(new TextDecoder().decode(bytes)) as {
      readonly entries: readonly { readonly entry: string }[];
    };
    const answers = entries.map(({ entry }) => {
      const detail: unknown = JSON.parse(entry);
      const id = crypto.randomUUID();
      file.write(`${JSON.stringify({ id, detail })}\n`);
      return { EventId: id };
    });
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ FailedEntryCount: 0, Entries: answers }));
  });
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  // deno-lint-ignore no-console -- whoever starts it reads it
  console.log(
    `http://127.0.0.1:${
      typeof address === "object" ? address?.port : ""
    }/event`,
  );
});
