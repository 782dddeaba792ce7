/**
 * Finds the segments of an earlier process.
 *
 * @module
 */

import { basename, join } from "node:path";
import type { LogOptions } from "./_log_options.ts";
import { LogReader } from "./_log_reader.ts";
import { Segment, sortNames } from "./_segment.ts";
import { decodeSegmentHeader, SEGMENT_HEADER } from "./_segment_header.ts";

/**
 * Opens the segments in a folder. It reads only the last segment completely,
 * however much is waiting: each process starts a new segment, whose header has
 * the number of all entries before it. Anything after the last complete frame
 * was never accepted.
 */
export async function openSegments(
  folder: string,
  options: LogOptions,
): Promise<Segment[]> {
  const { files } = options;
  const names = new Set(await files.list(folder));
  const { numbers, strays } = sortNames([...names]);
  for (const name of strays) await files.remove(join(folder, name));
  const segments: Segment[] = [];
  for (const number of numbers) {
    const segment = await openSegment(folder, number, options);
    if (segment !== undefined) segments.push(segment);
  }
  for (const [index, segment] of segments.entries()) {
    const next = segments[index + 1];
    if (next === undefined) await readThrough(segment, options);
    else {
      const { base } = segment.header;
      segment.count = Math.max(0, next.header.base - base);
    }
    segment.isSealed = true;
    if (names.has(basename(segment.donePath))) await loadDone(segment, options);
  }
  return segments;
}

async function openSegment(
  folder: string,
  number: number,
  { files, observer }: LogOptions,
): Promise<Segment | undefined> {
  const start = new Uint8Array(SEGMENT_HEADER);
  const describe = (header: Segment["header"], size: number) =>
    new Segment({ folder, number, header, size, files });
  const { path } = describe({ logId: "", base: 0, salt: 0 }, 0);
  const size = await files.size(path);
  let length: number;
  {
    using file = await files.openRead(path);
    length = await file.read(start, 0);
  }
  const header = decodeSegmentHeader(start.subarray(0, length));
  if (header !== undefined) return describe(header, size);
  if (size <= SEGMENT_HEADER) {
    // The process ended while it was starting the segment, which is empty.
    await files.remove(path);
    return undefined;
  }
  observer.lost?.(path, undefined);
  await files.rename(path, `${path}.unreadable`);
  return undefined;
}

/** Counts the entries of the last segment, up to the last complete frame. */
async function readThrough(
  segment: Segment,
  { files, observer }: LogOptions,
): Promise<void> {
  segment.count = Infinity;
  using reader = new LogReader({
    from: segment.header.base,
    skipDone: false,
    segmentAt: () => segment,
    onLost({ path, done }, first, end) {
      for (let index = first; index < end; index++) done.add(index);
      observer.lost?.(path, end - first);
    },
    files,
  });
  do {
    await reader.fill();
  } while (takeAll(reader) > 0);
  segment.count = reader.index;
  segment.size = reader.end;
}

function takeAll(reader: LogReader): number {
  let count = 0;
  while (reader.take() !== undefined) count++;
  return count;
}

async function loadDone(
  { done, count }: Segment,
  { observer }: LogOptions,
): Promise<void> {
  try {
    await done.load(count);
  } catch (error) {
    // Without it, the entries run again.
    observer.failed?.(error);
  }
}
