/**
 * What values take in V8, measured in a process of its own: one that does nothing else,
 * and collects its garbage when it is told to.
 *
 * @module
 */

import { join } from "node:path";

const ROOT = join(import.meta.dirname!, "../..");

/**
 * Measures what each of a module's samples takes.
 *
 * @param module A file whose default export is a list of functions that make a value.
 * @param copies How many are made of each: what they take is the mean.
 * @returns Bytes of each, in their order.
 */
export async function heapOf(
  module: string,
  copies: number,
): Promise<readonly number[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "-A",
      `--config=${join(ROOT, "deno.json")}`,
      "--v8-flags=--expose-gc",
      import.meta.filename!,
      module,
      String(copies),
    ],
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(text.decode(stderr));
  return JSON.parse(text.decode(stdout));
}

async function measure(
  make: () => unknown,
  copies: number,
): Promise<number> {
  make();
  const before = await heapUsed();
  const kept = Array.from({ length: copies }, make);
  const after = await heapUsed();
  return kept.length === copies ? (after - before) / copies : 0;
}

async function heapUsed(): Promise<number> {
  const { gc } = globalThis as unknown as { gc(): void };
  // What finalizers and weak references hold goes with the second.
  for (let turn = 0; turn < 2; turn++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

if (import.meta.main) {
  const [module = "", copies = "1"] = Deno.args;
  const { default: samples } = await import(`file://${module}`) as {
    default: readonly (() => unknown)[];
  };
  const sizes: number[] = [];
  for (const make of samples) sizes.push(await measure(make, Number(copies)));
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(sizes)));
}
