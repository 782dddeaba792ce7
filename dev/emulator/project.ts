/**
 * The emulator with the project's own seed and stubs, taken up again when they are
 * saved.
 *
 * @module
 */

import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { readIfExists } from "../read_if_exists.ts";
import { counted } from "../count.ts";
import { type Emulator, type EmulatorOptions, startEmulator } from "./mod.ts";
import { parseSeed, type Seed } from "./seed.ts";
import { parseStubs, type Stub } from "./stub.ts";
import { DEFAULT_ITEMS } from "./catalog.ts";
import { suggestStub } from "./suggest_stub.ts";
import { watchFolder } from "./watch_folder.ts";

/** Options of {@linkcode startProjectEmulator}. */
export interface ProjectEmulatorOptions
  extends Omit<EmulatorOptions, "onUnknown" | "stubs"> {
  /** The folder with `seed.json` and `stubs.ts`, either of which may be missing. */
  readonly folder: string;
  /** Says what was loaded and what was not, line by line. */
  readonly print: (line: string) => void;
}

/** A running emulator with the project's files. */
export interface ProjectEmulator extends AsyncDisposable {
  /** The emulator. */
  readonly emulator: Emulator;
}

/** Most operations of which it is said once that they are missing. */
const MAX_TOLD = 1_000;

/**
 * Starts it. A file that cannot be used is said, and does not keep it from starting:
 * what was used before stays.
 *
 * @throws If the address cannot be listened on.
 */
export async function startProjectEmulator(
  { folder, print, ...options }: ProjectEmulatorOptions,
): Promise<ProjectEmulator> {
  const seedFile = join(folder, "seed.json");
  const stubsFile = join(folder, "stubs.ts");
  const told = new Set<string>();
  await using stack = new AsyncDisposableStack();
  const emulator = stack.use(
    await startEmulator({
      ...options,
      onUnknown(method, path) {
        const { namespace = "" } = options;
        const entry = suggestStub(method, path, namespace);
        if (told.has(entry) || told.size >= MAX_TOLD) return;
        told.add(entry);
        print(
          `The emulator has no ${method} ${path}. To answer it, add to emulator/stubs.ts:\n${entry}`,
        );
      },
    }),
  );

  async function loadSeed(how: "at start" | "again"): Promise<void> {
    await use("seed.json", async () => {
      const text = await readIfExists(seedFile);
      if (text === undefined && how === "at start") return;
      const seed: Seed = text === undefined
        ? { items: DEFAULT_ITEMS }
        : parseSeed(text);
      emulator.reseed(seed);
      if (how === "again") {
        print("emulator/seed.json is loaded: the emulated game starts anew");
      }
    });
  }

  async function loadStubs(how: "at start" | "again"): Promise<void> {
    await use("stubs.ts", async () => {
      const text = await readIfExists(stubsFile);
      const stubs = text === undefined ? [] : await importStubs(stubsFile);
      emulator.setStubs(stubs);
      if (how === "again") {
        print(`emulator/stubs.ts is loaded: ${counted(stubs.length, "stub")}`);
      }
    });
  }

  async function use(name: string, load: () => Promise<void>): Promise<void> {
    try {
      await load();
    } catch (error) {
      // Whatever the user's file throws: it is said, and the rest goes on.
      const why = error instanceof Error ? error.message : String(error);
      print(`emulator/${name} is not used: ${why}`);
    }
  }

  await loadSeed("at start");
  await loadStubs("at start");
  stack.use(watchFolder(folder, async (changed) => {
    if (changed.has("seed.json")) await loadSeed("again");
    if (changed.has("stubs.ts")) await loadStubs("again");
  }));
  const running = stack.move();
  return { emulator, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

let version = 0;

async function importStubs(file: string): Promise<readonly Stub[]> {
  // Another address each time: a module that was loaded once is not read again.
  const url = `${pathToFileURL(resolve(file)).href}?v=${++version}`;
  const module: { readonly default?: unknown } = await import(url);
  return parseStubs(module.default);
}
