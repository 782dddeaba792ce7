/**
 * What a fault is: a row of the matrix.
 *
 * @module
 */

import type { Emulator, Fault } from "../../dev/emulator/mod.ts";
import type { ConnectorOptions } from "./connector.ts";
import type { KafkaFault, KafkaScene } from "./kafka.ts";
import type { Patience } from "./line.ts";
import type { RedisServer } from "./redis.ts";
import type { RestartableService } from "./service.ts";
import type { Store } from "./stores.ts";

/** Why an event may be granted twice: the gaps of `docs/guarantees.md`. */
export type Gap = "answer" | "process" | "memory" | "none";

/** What a fault can disturb while events are delivered. */
export interface Scene {
  /** AGS. */
  readonly emulator: Emulator;
  /** The service; the first of its replicas, if there are several. */
  readonly service: Pick<RestartableService, "restart" | "freeze">;
  /** The store's server, if it has one of its own. */
  readonly redis: RedisServer | undefined;
  /** Resolves when AGS has granted this share of the events. */
  progress(share: number): Promise<void>;
  /** Waits, in milliseconds. */
  pause(milliseconds: number): Promise<void>;
  /** Lets nothing be delivered until what it returns is called. */
  hold(): () => void;
  /** The topic, if events come by Kafka. */
  readonly kafka: KafkaScene | undefined;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/** A row of the matrix. */
export interface FaultCase {
  /** What `--only` calls it. */
  readonly name: string;
  /** What the table calls it. */
  readonly title: string;
  /** Settings of the service beside the usual ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /** How long the service has to drain, in milliseconds. @default {5000} */
  readonly grace?: number;
  /** The service's program in place of `main.ts`. */
  readonly program?: string;
  /**
   * Replicas, each with a connection of its own: what is delivered again goes to the
   * next one. @default {1}
   */
  readonly replicas?: number;
  /** What has Kafka to do with it. @default {nothing} */
  readonly kafka?: KafkaFault;
  /** Faults of AGS, from the start on. */
  readonly ags?: (run: AgsRun) => readonly Fault[];
  /** How the connector is told to misbehave. */
  readonly connector?: Pick<
    ConnectorOptions,
    "batchSize" | "isTwice" | "replays"
  >;
  /** How long the caller of an event waits. @default {for its whole time} */
  readonly patience?: (number: number, round: number) => Patience | undefined;
  /** What happens meanwhile. */
  readonly disturb?: (scene: Scene) => Promise<void>;
  /** The stores that it is tried on. @default {all but none and redis, v3} */
  readonly isFor?: (store: Store) => boolean;
  /** Why events may be granted twice; `undefined`: they may not. */
  readonly gap?: (store: Store) => Gap | undefined;
  /** How many of so many events are dead letters in the end. @default {none} */
  readonly letters?: (events: number) => number;
}

/** What {@linkcode FaultCase.ags} may depend on. */
export interface AgsRun {
  /** How many events. */
  readonly events: number;
  /** What is granted by. */
  readonly store: Store;
  /** Where. */
  readonly namespace: string;
}
