import assert from "node:assert/strict";
import { InlineError, inlineWasm } from "../../../dev/compile/inline_wasm.ts";
import { makeFolder } from "../../grpc/_fixture.ts";

const DIST = "npm/@platformatic/wasm-utils/1.0.0/dist";
const READ = 'readFileSync2(new URL("../dist/native.wasm", import.meta.url))';

Deno.test("a bundle gets the WebAssembly that it would read", async () => {
  using folder = makeFolder({ [`${DIST}/native.wasm`]: "bytes" });
  const bundle = `// ${DIST}/index.js\nwasm = ${READ};\n`;
  assert.equal(
    await inlineWasm(bundle, folder.path),
    `// ${DIST}/index.js\nwasm = Uint8Array.fromBase64("Ynl0ZXM=");\n`,
  );
});

for (
  const [what, bundle] of [
    ["does not read it", `// ${DIST}/index.js\n`],
    ["reads it twice", `// ${DIST}/index.js\n${READ}\n${READ}`],
    ["has it from elsewhere", `// another/index.js\n${READ}`],
  ] as const
) {
  Deno.test(`a bundle that ${what} is refused`, async () => {
    await assert.rejects(inlineWasm(bundle, "."), InlineError);
  });
}
