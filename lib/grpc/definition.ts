/**
 * The gRPC source: AGS's connector calls.
 *
 * @module
 */

import { GRPC_SETTINGS } from "../config/grpc.ts";
import { channelOf } from "../core/event_types.ts";
import type { SourceDefinition } from "../core/source.ts";
import { OPEN_CHANNELS } from "../events/open_events.ts";
import { createGrpcMetrics } from "./metrics.ts";
import { startGrpcServer } from "./server.ts";

/** The source's definition. */
export const grpcSource: SourceDefinition<typeof GRPC_SETTINGS> = {
  name: "grpc",
  topic: { settings: GRPC_SETTINGS },
  openChannels: OPEN_CHANNELS,
  carries: (type, isAgs) => isAgs || OPEN_CHANNELS.includes(channelOf(type)),
  async open({ app, catalog, config, named, log, metrics, memory }) {
    const server = await startGrpcServer({
      app,
      catalog,
      named,
      port: config.grpcPort,
      onReject: config.onReject,
      authorize: config.grpcAuth === "iam"
        // Loaded on demand: few need it, and it would slow every start.
        ? (await import("./auth.ts")).createIamAuthorizer(config)
        : undefined,
      maxMessageBytes: config.grpcMaxMessageBytes,
      keepaliveTime: config.grpcKeepaliveTime,
      keepaliveTimeout: config.grpcKeepaliveTimeout,
      log,
      memory,
      observer: createGrpcMetrics(metrics),
    });
    return {
      name: "grpc",
      endpoints: [{ label: "gRPC", value: `localhost:${server.port}` }],
      port: server.port,
      ready: () => Promise.resolve(),
      async drain(signal) {
        server.stopServing();
        await server.close(signal);
      },
      [Symbol.asyncDispose]() {
        server[Symbol.dispose]();
        return Promise.resolve();
      },
    };
  },
};
