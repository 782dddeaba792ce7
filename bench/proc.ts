/**
 * Reads what Linux tells of a process in `/proc`.
 *
 * @module
 */

/** The kernel counts CPU time in ticks of 10 ms, whatever its own clock is. */
const TICK = 10;

/**
 * CPU time in user and kernel mode, of all threads, in milliseconds.
 *
 * @param stat Content of `/proc/<pid>/stat`.
 * @throws {TypeError} It is not that.
 */
export function parseCpuTime(stat: string): number {
  // The second field is the program's name, which may hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // Fields 14 and 15, from 1; the third one is now the first.
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (Number.isNaN(ticks)) {
    throw new TypeError(`"${stat}" has no CPU time: expected /proc/<pid>/stat`);
  }
  return ticks * TICK;
}

/**
 * A memory figure, in bytes.
 *
 * @param status Content of `/proc/<pid>/status`.
 * @param name `VmRSS`: now. `VmHWM`: the most at any time.
 * @throws {TypeError} It has no such figure.
 */
export function parseMemory(status: string, name: "VmRSS" | "VmHWM"): number {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)
    ?.[1];
  if (kibibytes === undefined) {
    throw new TypeError(`No ${name} is given: expected /proc/<pid>/status`);
  }
  return Number(kibibytes) * 1_024;
}
