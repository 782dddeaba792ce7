/**
 * Settings of the archive, which stores events as JSON lines.
 *
 * @module
 */

import { z } from "zod";
import {
  httpUrl,
  integer,
  longDuration,
  NONE,
  oneLine,
  orNone,
  secret,
  text,
} from "./kinds.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

/** A folder, or one in it: the service writes nowhere else. */
const FOLDER = /^file:archive(?:\/[\w-][\w.-]*)*$/;
const BUCKET =
  /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:\/[\w!=-][\w!.=-]*)*\/?$/;

const place = oneLine().refine((text) =>
  text === NONE || FOLDER.test(text) || BUCKET.test(text)
);

const patterns = oneLine().transform((text) =>
  text.split(",").map((each) => each.trim()).filter((each) => each !== "")
).pipe(
  z.array(z.string().regex(/^[A-Za-z][\w-]*\.[^\s*]+$|^[A-Za-z][\w-]*\.\*$/))
    .min(1),
);

/** The settings of the archive. */
export const ARCHIVE_SETTINGS = defineSettings({
  /** Its location. */
  archive: {
    env: "ARCHIVE",
    doc:
      "Where events are archived as JSON lines: `file:archive` (a folder, or one " +
      "in it), `s3://bucket/prefix` (Amazon S3 or a compatible store), or `none`",
    expected: "none, file:archive or s3://<bucket>/<prefix>",
    default: NONE,
    schema: place,
  },
  /** The events to archive. */
  archiveEvents: {
    env: "ARCHIVE_EVENTS",
    doc:
      "Events to archive, from any source: types and `channel.*`, separated " +
      "by commas",
    expected: "event types and channel.*, separated by commas",
    default: "clientEvents.*",
    schema: patterns,
  },
  /** The folders. */
  archivePartition: {
    env: "ARCHIVE_PARTITION",
    doc:
      "Folders of archived events: `{detail.eventType}` is a field; `{year}`, " +
      "`{month}`, `{day}`, `{hour}` are the time of arrival (UTC)",
    expected: "folders, each followed by /",
    default: "{detail.eventType}/{detail.schemaVersion}/",
    schema: oneLine().min(1),
  },
  /** How objects are compressed. */
  archiveCompression: {
    env: "ARCHIVE_COMPRESSION",
    doc: "How archived events are compressed: `gzip`, `zstd` or `none`",
    expected: "gzip, zstd or none",
    default: "gzip",
    schema: z.enum(["gzip", "zstd", "none"]),
  },
  /** How events are transformed first. */
  archiveTransform: {
    env: "ARCHIVE_TRANSFORM",
    doc: "Transformation of client events before archiving: `none`, or " +
      "`moveClientId` (moves the player's id from `resources` to " +
      "`detail.accountNumber`)",
    expected: "none or moveClientId",
    default: NONE,
    schema: z.enum([NONE, "moveClientId"]),
  },
  /** The number of bytes after which events are archived. */
  archiveFlushBytes: {
    env: "ARCHIVE_FLUSH_BYTES",
    doc: "Events are archived once there are this many bytes of them",
    expected: "a whole number from 1024 to 67108864",
    default: "5242880",
    unit: "bytes",
    schema: integer(1_024, 67_108_864),
  },
  /** The age after which events are archived. */
  archiveFlushTime: {
    env: "ARCHIVE_FLUSH_TIME",
    doc:
      "Events are archived at the latest when the first of them has this age",
    expected: "a duration from 1s to 1h",
    default: "300s",
    unit: "ms",
    schema: longDuration(1_000, 3_600_000),
  },
  /** The most open partitions. */
  archiveMaxPartitions: {
    env: "ARCHIVE_MAX_PARTITIONS",
    doc:
      "Folders that are open for writing at once; events for further folders " +
      "go to `error/`, because clients name the folders",
    expected: "a whole number from 1 to 10000",
    default: "100",
    schema: integer(1, 10_000),
  },
  /** The endpoint of the bucket, if not Amazon's. */
  archiveEndpoint: {
    env: "ARCHIVE_ENDPOINT",
    doc: "Endpoint of the bucket, if it is not at Amazon: MinIO, R2, versitygw",
    expected: "an http or https URL, or none",
    default: NONE,
    secret: "maybe",
    schema: orNone(httpUrl),
  },
  /** Its region. */
  awsRegion: {
    env: "AWS_REGION",
    doc: "Region of the bucket",
    expected: "a region such as eu-west-1",
    default: "us-east-1",
    schema: z.string().regex(/^[a-z0-9-]{2,32}$/),
  },
  /** The access key's id. */
  awsAccessKeyId: {
    env: "AWS_ACCESS_KEY_ID",
    doc: "Id of the access key for the bucket",
    expected: "a key id, or none",
    default: NONE,
    secret: "maybe",
    schema: orNone(text),
  },
  /** The secret access key. */
  awsSecretAccessKey: {
    env: "AWS_SECRET_ACCESS_KEY",
    doc: "Secret access key for the bucket",
    expected: "a key, or none",
    default: NONE,
    secret: true,
    schema: orNone(secret),
  },
  /** The session's token. */
  awsSessionToken: {
    env: "AWS_SESSION_TOKEN",
    doc: "Session token of the access key, for temporary credentials of a role",
    expected: "a token, or none",
    default: NONE,
    secret: true,
    schema: orNone(secret),
  },
});

/** These settings, validated. */
export type ArchiveConfig = ConfigOf<typeof ARCHIVE_SETTINGS>;

/**
 * The problems of settings that are each valid but do not fit together, one per
 * sentence.
 */
export function archiveProblems(config: ArchiveConfig): readonly string[] {
  const { archive, awsAccessKeyId, awsSecretAccessKey } = config;
  const hasKey = awsAccessKeyId !== undefined &&
    awsSecretAccessKey !== undefined;
  return archive.startsWith("s3:") && !hasKey
    ? [
      "ARCHIVE is a bucket: expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, too",
    ]
    : [];
}
