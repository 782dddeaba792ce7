/**
 * Opens the configured archive.
 *
 * @module
 */

import type { ArchiveConfig } from "../config/archive.ts";
import { AppError } from "../core/errors.ts";
import { type Archive, createArchive } from "./archive.ts";
import { createFolderTarget } from "./folder_target.ts";
import type { ArchiveTarget } from "./target.ts";
import type { Transform } from "./transform.ts";

/** Options of {@linkcode openArchive}. */
export interface OpenArchiveOptions {
  /** The settings. */
  readonly config: ArchiveConfig;
  /** Changes events first. @default {none} */
  readonly transform?: Transform | undefined;
}

/**
 * Opens it. It writes nothing yet.
 *
 * @throws {AppError} There is none.
 * @throws {PartitionTemplateError} The folder template is invalid.
 */
export async function openArchive(
  { config, transform }: OpenArchiveOptions,
): Promise<Archive> {
  return createArchive({
    target: await targetOf(config),
    partition: config.archivePartition,
    compression: config.archiveCompression,
    maxPartitions: config.archiveMaxPartitions,
    ...(transform && { transform }),
  });
}

async function targetOf(config: ArchiveConfig): Promise<ArchiveTarget> {
  const { archive, awsAccessKeyId, awsSecretAccessKey } = config;
  const folder = /^file:(.+)$/.exec(archive)?.[1];
  if (folder !== undefined) return createFolderTarget(folder);
  const [, bucket, prefix = ""] =
    /^s3:\/\/([^/]+)(?:\/(.*?)\/?)?$/.exec(archive) ?? [];
  const hasKey = awsAccessKeyId !== undefined &&
    awsSecretAccessKey !== undefined;
  if (bucket === undefined || !hasKey) {
    throw new AppError("ARCHIVE is none, or a bucket without a key");
  }
  // Loaded on demand: few need it, and it would slow every start.
  const { createS3Target } = await import("./s3_target.ts");
  return createS3Target({
    bucket,
    prefix: prefix === "" ? "" : `${prefix}/`,
    accessKeyId: awsAccessKeyId,
    secretAccessKey: awsSecretAccessKey,
    sessionToken: config.awsSessionToken,
    region: config.awsRegion,
    endpoint: config.archiveEndpoint,
  });
}
