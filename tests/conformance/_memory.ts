/**
 * How much memory a process has, as Linux says it.
 *
 * @module
 */

import assert from "node:assert/strict";

/** What it has now, in MB. */
export function residentMegabytes(pid: number): Promise<number> {
  return read(pid, "VmRSS");
}

/** The most that it ever had, in MB. */
export function peakMegabytes(pid: number): Promise<number> {
  return read(pid, "VmHWM");
}

async function read(pid: number, name: string): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const line = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status);
  assert.ok(line, "Linux says how much memory a process has");
  return Number(line[1]) / 1_024;
}
