import assert from "node:assert/strict";
import denoJson from "../../deno.json" with { type: "json" };
import { fullConformance, startProcess } from "../conformance/suite.ts";
import { buildExecutable, COMMIT } from "./_executable.ts";
import { makeRootFileSystem, runInside } from "./_root_file_system.ts";

const { path: executable, knownLeak, canPing } = await buildExecutable();

fullConformance(
  "executable",
  (options) => startProcess({ command: executable }, options),
  { readsEnvFile: false, knownLeak, canPing, sendsOtlp: false },
);

Deno.test("executable: --version says which version and which commit it is", async () => {
  const { success, stdout } = await new Deno.Command(executable, {
    args: ["--version"],
    clearEnv: true,
    cwd: "/",
  }).output();
  assert.ok(success);
  assert.match(
    new TextDecoder().decode(stdout),
    new RegExp(
      `^extend-event-handler ${denoJson.version} \\(${COMMIT}, deno [\\d.]+\\)\n$`,
    ),
  );
});

Deno.test("executable: nothing of the development tools is in it", async () => {
  const text = new TextDecoder("latin1").decode(
    await Deno.readFile(executable),
  );
  const traces = [
    "emulator-only",
    "deno task send",
    "dev/emulator",
    "deno/npm",
  ];
  for (const trace of traces) {
    assert.ok(!text.includes(trace), trace);
  }
});

// What the image has: a root file system of glibc, libgcc, CA certificates and the
// executable, run as its user, with everything read-only.
const isRoot = Deno.uid() === 0;
if (isRoot) {
  const root = await makeRootFileSystem(executable);
  fullConformance(
    "image",
    (options) => startProcess(runInside(root), options),
    { readsEnvFile: false, knownLeak, canPing, sendsOtlp: false },
  );
} else {
  Deno.test({
    name: "image: a root file system can be made by root only",
    ignore: Deno.env.get("REQUIRE_TOOLS") !== "1",
    fn: () => assert.fail("expected to run as root"),
  });
}
