/**
 * The consumer group.
 *
 * @module
 */

import type { ServiceConfig } from "../config/table.ts";

/** The group's id, without prefix: `KAFKA_GROUP_ID`, or the client's id for `auto`. */
export function groupOf(
  { kafkaGroupId, clientId }: Pick<ServiceConfig, "kafkaGroupId" | "clientId">,
): string {
  return kafkaGroupId === "auto" ? clientId : kafkaGroupId;
}
