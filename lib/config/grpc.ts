/**
 * The gRPC server that AGS calls, and the sidecar that the service calls.
 *
 * @module
 */

import { z } from "zod";
import { duration, integer, port } from "./kinds.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

/** The gRPC server that AGS calls, and the sidecar that the service calls. */
export const GRPC_SETTINGS = defineSettings({
  /** The port that AGS's connector calls. */
  grpcPort: {
    env: "GRPC_PORT",
    doc: "Port of the gRPC server that AGS calls",
    expected: "a port from 1 to 65535",
    default: "6565",
    schema: port,
  },
  /**
   * Who may send events: anybody who can reach the port, or clients of AGS IAM.
   */
  grpcAuth: {
    env: "GRPC_AUTH",
    doc:
      "Who may send events: `none` (anybody who can reach the port, as AGS's " +
      "connector does) or `iam` (holders of an AGS IAM client token for the " +
      "namespace)",
    expected: "none or iam",
    default: "none",
    schema: z.enum(["none", "iam"]),
  },
  /** Largest accepted event, in bytes. */
  grpcMaxMessageBytes: {
    env: "GRPC_MAX_MESSAGE_BYTES",
    doc: "Largest accepted event, in bytes; larger ones are answered " +
      "RESOURCE_EXHAUSTED, and become dead letters after MAX_ATTEMPTS",
    expected: "a whole number from 1024 to 67108864",
    default: "4194304",
    schema: integer(1_024, 67_108_864),
  },
  /** How long a connection may be idle before it is pinged. */
  grpcKeepaliveTime: {
    env: "GRPC_KEEPALIVE_TIME",
    doc: "How long a connection may be idle before it is pinged",
    expected: "a duration such as 500ms, 30s or 2m, up to 120m",
    default: "60s",
    unit: "ms",
    schema: duration(7_200_000),
  },
  /** How long the server waits for the answer to a ping. */
  grpcKeepaliveTimeout: {
    env: "GRPC_KEEPALIVE_TIMEOUT",
    doc:
      "How long the server waits for the answer to a ping before it closes " +
      "the connection",
    expected: "a duration such as 500ms, 30s or 2m, up to 10m",
    default: "20s",
    unit: "ms",
    schema: duration(600_000),
  },
  /** The local port of the sidecar that publishes messages. */
  asyncMessagingPublisherGrpcPort: {
    env: "ASYNC_MESSAGING_PUBLISHER_GRPC_PORT",
    doc:
      "Port on localhost of the sidecar that publishes messages. AGS sets it",
    expected: "a port from 1 to 65535",
    default: "7474",
    schema: port,
  },
});

/** These settings, validated. */
export type GrpcConfig = ConfigOf<typeof GRPC_SETTINGS>;
