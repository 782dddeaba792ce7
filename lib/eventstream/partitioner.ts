/**
 * Assigns records to partitions.
 *
 * @module
 */

import { crc32 } from "node:zlib";

/**
 * The partition of a key, like librdkafka's `consistent_random`: CRC-32 of the
 * key modulo the number of partitions; any partition for an empty key. The Go
 * SDK assigns keys the same way.
 *
 * @param random A number from 0 up to 1.
 */
export function partitionOf(
  key: Uint8Array | undefined,
  partitions: number,
  random: () => number = Math.random,
): number {
  return key === undefined || key.length === 0
    ? Math.floor(random() * partitions)
    : crc32(key) % partitions;
}
