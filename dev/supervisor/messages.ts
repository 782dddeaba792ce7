/**
 * What `./task dev` and the service that it runs say to each other.
 *
 * @module
 */

import type {
  ClaimOptions,
  CompleteOptions,
  IdempotencyStore,
  ReleaseOptions,
  RenewOptions,
} from "../../lib/core/idempotency_store.ts";
import type { DeliveryNote } from "../deliveries/delivery.ts";
import type { Row } from "./rows.ts";

/** An operation of the memory of events, with its arguments. */
export type MemoryCall =
  | { readonly op: "claim"; readonly key: string; readonly how: ClaimOptions }
  | { readonly op: "renew"; readonly key: string; readonly how: RenewOptions }
  | {
    readonly op: "complete";
    readonly key: string;
    readonly how: CompleteOptions;
  }
  | {
    readonly op: "release";
    readonly key: string;
    readonly how: ReleaseOptions;
  };

/** What the operations answer. */
export type MemoryAnswer = Awaited<
  ReturnType<IdempotencyStore[MemoryCall["op"]]>
>;

/** From the service. */
export type FromService =
  | {
    /** It takes events. */
    readonly kind: "started";
    /** What the banner shows. */
    readonly rows: readonly Row[];
    /** `SHUTDOWN_GRACE`, in milliseconds. */
    readonly shutdownGrace: number;
    /** Where it takes gRPC calls; absent where it takes none. */
    readonly grpcPort?: number;
  }
  | {
    /** It stops as it was told. */
    readonly kind: "stopping";
  }
  | {
    /** An event has ended for a handler. */
    readonly kind: "delivery";
    readonly note: DeliveryNote;
  }
  | {
    /** It asks the memory. */
    readonly kind: "memory";
    /** Which question this is. */
    readonly id: number;
    readonly call: MemoryCall;
  };

/** To the service. */
export type ToService =
  | {
    /** It is to stop. */
    readonly kind: "stop";
    /** What asks for it: a signal's name, or `restart`. */
    readonly by: string;
    /** Time for events in flight, in milliseconds. @default {SHUTDOWN_GRACE} */
    readonly grace?: number;
  }
  | {
    /** What the memory answers. */
    readonly kind: "answer";
    /** The question. */
    readonly id: number;
    readonly value: MemoryAnswer;
  };

/** The stop that makes room for changed code. */
export const RESTART = "restart";
