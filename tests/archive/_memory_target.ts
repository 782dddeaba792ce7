/**
 * An archive's target in memory.
 *
 * @module
 */

import { gunzipSync, zstdDecompressSync } from "node:zlib";
import {
  type ArchiveObject,
  type ArchiveTarget,
  ArchiveTargetError,
} from "../../lib/archive/target.ts";

/** Objects in memory. */
export interface MemoryTarget extends ArchiveTarget {
  /** What is there, by name. */
  readonly objects: ReadonlyMap<string, ArchiveObject>;
  /** The lines of all objects, by the folder that they are in. */
  lines(): Readonly<Record<string, readonly string[]>>;
  /** How many puts fail from now on. */
  failures: number;
  /** How many puts there were. */
  puts: number;
}

/** Creates a target without objects. */
export function memoryTarget(): MemoryTarget {
  const objects = new Map<string, ArchiveObject>();
  return {
    objects,
    failures: 0,
    puts: 0,
    put(object) {
      this.puts++;
      if (this.failures-- > 0) {
        return Promise.reject(new ArchiveTargetError("No luck"));
      }
      if (!objects.has(object.name)) objects.set(object.name, object);
      return Promise.resolve();
    },
    lines() {
      const folders: Record<string, string[]> = {};
      for (const [name, { bytes }] of objects) {
        const folder = name.slice(0, name.lastIndexOf("/") + 1);
        const text = new TextDecoder().decode(inflate(name, bytes));
        if (!text.endsWith("\n")) throw new Error("Last line is not ended");
        const lines = text.slice(0, -1).split("\n");
        folders[folder] = [...folders[folder] ?? [], ...lines];
      }
      return folders;
    },
  };
}

function inflate(name: string, bytes: Uint8Array): Uint8Array {
  if (name.endsWith(".gz")) return gunzipSync(bytes);
  return name.endsWith(".zst") ? zstdDecompressSync(bytes) : bytes;
}
