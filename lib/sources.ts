/**
 * The sources there are. A new one is a folder, and one line here.
 *
 * @module
 */

import type { SourceDefinition } from "./core/source.ts";
import { grpcSource } from "./grpc/definition.ts";
import { kafkaSource } from "./kafka/definition.ts";

/** Every source, in the order in which they are opened. */
export const SOURCES: readonly SourceDefinition[] = [
  grpcSource,
  kafkaSource,
];
