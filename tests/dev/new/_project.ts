/**
 * A copy of the project, to write handlers into.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { type Ended, ROOT, run, tempFolder } from "../_run.ts";

/** What handlers and their tests need. */
const PARTS = [
  "deno.json",
  "deno.lock",
  "mod.ts",
  "lib",
  "proto",
  "dev",
  "tests/handlers/mod_test.ts",
];

/** Handlers of two logins, whatever `handlers/` has here. */
const HANDLERS: Readonly<Record<string, string>> = {
  "handlers/mod.ts": `import type { Handler } from "event-handler";
import userLoggedIn from "./user_logged_in.ts";
import userThirdPartyLoggedIn from "./user_third_party_logged_in.ts";

/** Every handler of this app. */
export const handlers: readonly Handler[] = [
  userLoggedIn,
  userThirdPartyLoggedIn,
];
`,
  "handlers/settings.ts":
    `import { defineSettings } from "event-handler/settings";

/** The settings. */
export const settings = defineSettings({});
`,
  "handlers/user_logged_in.ts": `import { on } from "event-handler";

export default on("userAuthentication.userLoggedIn", () => {});
`,
  "handlers/user_third_party_logged_in.ts": `import { on } from "event-handler";

export default on("userAuthentication.userThirdPartyLoggedIn", () => {});
`,
};

/** A copy that is gone after the test. */
export interface Project extends AsyncDisposable {
  /** Its folder. */
  readonly path: string;
  /** Content of a file. */
  read(file: string): Promise<string>;
  /** Writes a file. */
  write(file: string, text: string): Promise<void>;
  /** Names of the files in a folder, sorted. */
  list(folder: string): Promise<readonly string[]>;
  /** Runs Deno in it. */
  deno(...args: readonly string[]): Promise<Ended>;
  /** Runs `deno task new`, as the project has it. */
  make(...args: readonly string[]): Promise<Ended>;
}

/** Copies the project, with handlers of its own. */
export async function copyProject(): Promise<Project> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await tempFolder());
  for (const part of PARTS) await copy(join(ROOT, part), join(path, part));
  await Deno.mkdir(join(path, "handlers"));
  for (const [file, text] of Object.entries(HANDLERS)) {
    await Deno.writeTextFile(join(path, file), text);
  }
  const deno = (...args: readonly string[]) => run(args, { cwd: path });
  const done = stack.move();
  return {
    path,
    read: (file) => Deno.readTextFile(join(path, file)),
    write: (file, text) => Deno.writeTextFile(join(path, file), text),
    async list(folder) {
      const names: string[] = [];
      for await (const { name } of Deno.readDir(join(path, folder))) {
        names.push(name);
      }
      return names.sort();
    },
    deno,
    make: (...args) => deno("task", "--quiet", "new", ...args),
    [Symbol.asyncDispose]: () => done.disposeAsync(),
  };
}

async function copy(from: string, to: string): Promise<void> {
  const { isDirectory } = await Deno.stat(from);
  if (!isDirectory) {
    await Deno.mkdir(dirname(to), { recursive: true });
    return await Deno.copyFile(from, to);
  }
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) {
    await copy(join(from, name), join(to, name));
  }
}
