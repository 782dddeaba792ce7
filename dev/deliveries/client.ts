/**
 * Asks `task dev` what became of events. Where none runs, nobody answers, and nothing is
 * known.
 *
 * @module
 */

import { z } from "zod";
import type { KeptDelivery } from "./delivery.ts";
import type { ServiceState } from "./server.ts";

/** Time for an answer beside what is waited for, in milliseconds. */
const TIMEOUT = 1_000;

/** How `task dev` is. */
export interface DevStatus extends ServiceState {
  /** Number of the newest note. */
  readonly last: number;
}

/** Which notes to wait for. */
export interface DeliveriesQuery {
  /** Those numbered above this. */
  readonly since: number;
  /** The event's type. @default {any} */
  readonly type?: string;
  /** The event's id. @default {any} */
  readonly id?: string;
  /** How long to wait for the first, in milliseconds. @default {0} */
  readonly wait?: number;
}

/** `task dev`, as the tools of the terminal see it. */
export interface DevClient {
  /** How it is; `undefined` where none runs. */
  status(): Promise<DevStatus | undefined>;
  /** The notes; none where none runs. */
  deliveries(query: DeliveriesQuery): Promise<readonly KeptDelivery[]>;
}

const statusSchema: z.ZodType<DevStatus> = z.object({
  state: z.enum(["starting", "running", "ended"]),
  code: z.int().optional(),
  grpcPort: z.int().optional(),
  last: z.int(),
}) as z.ZodType<DevStatus>;

const text = z.string();
const deliveriesSchema = z.object({
  deliveries: z.array(z.object({
    seq: z.int(),
    type: text,
    id: text,
    handler: text,
    source: text,
    time: z.number(),
    milliseconds: z.number(),
    outcome: text,
    why: text.optional(),
    handledAt: z.number().optional(),
    requests: z.array(z.object({
      method: text,
      path: text,
      body: text.optional(),
      codes: z.array(text),
      gist: text.optional(),
    })),
    published: z.array(z.object({
      kind: z.enum(["event", "message"]),
      topic: text,
      name: text.optional(),
      error: text.optional(),
    })),
    data: z.record(text, z.unknown()).optional(),
  })),
});

/** Connects to `task dev` of this machine. */
export function connectDev({ port }: { readonly port: number }): DevClient {
  async function ask<T>(
    path: string,
    { schema, wait = 0 }: {
      readonly schema: z.ZodType<T>;
      readonly wait?: number;
    },
  ): Promise<T | undefined> {
    try {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        signal: AbortSignal.timeout(TIMEOUT + wait),
      });
      return schema.safeParse(await answer.json()).data;
    } catch {
      // Nobody there, or somebody else: then nothing is known.
      return undefined;
    }
  }
  return {
    status: () => ask("/dev/status", { schema: statusSchema }),
    async deliveries({ since, type, id, wait = 0 }) {
      const query = new URLSearchParams({
        since: String(since),
        wait: String(wait),
        ...(type !== undefined && { type }),
        ...(id !== undefined && { id }),
      });
      const answer = await ask(`/dev/deliveries?${query}`, {
        schema: deliveriesSchema,
        wait,
      });
      return (answer?.deliveries ?? []) as readonly KeptDelivery[];
    },
  };
}
