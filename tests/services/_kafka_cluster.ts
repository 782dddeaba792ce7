/**
 * Apache Kafka on this machine, which the measurements start, too.
 *
 * @module
 */

export {
  GIVEN,
  type KafkaCluster,
  type KafkaOptions,
  startKafka,
} from "../../dev/kafka_cluster/cluster.ts";
export { missingForKafka } from "../../dev/kafka_cluster/jars.ts";
