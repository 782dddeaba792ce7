/**
 * All sources. A new source is a folder, and one line here.
 *
 * @module
 */

import type { SourceDefinition } from "./core/source.ts";
import { clientEventsSource } from "./capture/definition.ts";
import { grpcSource } from "./grpc/definition.ts";
import { kafkaSource } from "./kafka/definition.ts";
import { webPubSubSource } from "./webpubsub/source/definition.ts";

/** All sources, in opening order. */
export const SOURCES: readonly SourceDefinition[] = [
  grpcSource,
  kafkaSource,
  clientEventsSource,
  webPubSubSource,
];
