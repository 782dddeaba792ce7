/**
 * The library's consumer, and what it hides of Kafka's protocol: what commits say beside
 * their offsets.
 *
 * @module
 */

import {
  type API,
  type Callback,
  type ClusterMetadata,
  type Connection,
  Consumer,
  kGetApi,
  kMetadata,
  type MetadataOptions,
} from "@platformatic/kafka";
import type { CommittedOffset } from "./commit_metadata.ts";
import type { Partition } from "./observer.ts";
import { MetadataGuard } from "./platformatic_metadata.ts";
import { partitionKey, type Position } from "./port.ts";

/** A request's topic, as both of the requests have it. */
interface RequestTopic<Partition> {
  readonly name: string;
  readonly partitions: readonly Partition[];
}

/** An answer's partition. */
type AnswerPartition = CommittedOffset & { readonly partitionIndex: number };

/** What `OffsetFetch` answers: up to version 7 there is one group. */
interface OffsetFetchAnswer {
  readonly groups?: readonly {
    readonly topics: readonly RequestTopic<AnswerPartition>[];
  }[];
  readonly topics?: readonly RequestTopic<AnswerPartition>[];
}

/** A request, whichever. */
// deno-lint-ignore no-explicit-any -- Requests differ in their arguments.
type AnyApi = API<any[], any>;

/** The first version of `Fetch` by topic id, and that says where a log was cut back. */
const FETCH_BY_ID = 13;

/** A client whose commits have metadata. */
export class Client extends Consumer {
  readonly #guard = new MetadataGuard();
  #clusterId = "";
  #isFetchById: Promise<boolean> | undefined;
  #metadata: ReadonlyMap<string, string> = new Map();
  #committed = new Map<string, CommittedOffset>();

  /** The cluster's id, as it said last; empty until it has. */
  get clusterId(): string {
    return this.#clusterId;
  }

  /**
   * Whether the brokers read topics by their ids, and say where a log was cut back: an
   * older version of the request does not.
   */
  isFetchById(): Promise<boolean> {
    return this.#isFetchById ??= new Promise<boolean>((resolve, reject) =>
      this[kGetApi]("Fetch", (error, api) => {
        if (api === undefined) reject(error);
        else resolve(api.version >= FETCH_BY_ID);
      })
    ).catch((error) => {
      this.#isFetchById = undefined;
      throw error;
    });
  }

  /**
   * Commits offsets, with metadata. One call at a time.
   *
   * @param metadata By {@linkcode partitionKey}.
   */
  async commitWith(
    positions: readonly Position[],
    metadata: ReadonlyMap<string, string>,
  ): Promise<void> {
    this.#metadata = metadata;
    await this.commit({
      offsets: positions.map(({ topic, partition, offset, leaderEpoch }) => ({
        topic,
        partition,
        offset,
        leaderEpoch: leaderEpoch ?? -1,
      })),
    });
  }

  /** Reads what was committed, by {@linkcode partitionKey}. One call at a time. */
  async readCommitted(
    topics: readonly {
      readonly topic: string;
      readonly partitions: number[];
    }[],
  ): Promise<ReadonlyMap<string, CommittedOffset>> {
    const committed = this.#committed = new Map();
    await this.listCommittedOffsets({ topics: [...topics] });
    return committed;
  }

  /** The library asks by this for topics and brokers. */
  override [kMetadata](
    options: MetadataOptions,
    callback: Callback<ClusterMetadata>,
  ): void {
    const safe = this.#guard.wrap(options.topics ?? [], callback);
    super[kMetadata](options, (error: Error | null, metadata) => {
      // The library forgets it with the topics when a request fails.
      this.#clusterId = metadata?.id || this.#clusterId;
      safe(error, metadata);
    });
  }

  /** The library asks by this for each request: here is what it leaves out. */
  override [kGetApi]<A extends unknown[], R>(
    name: string,
    callback: Callback<API<A, R>>,
  ): void {
    super[kGetApi]<A, R>(name, (error, api) => {
      if (api === undefined) return callback(error, api);
      const wrap = this.#wrap(name, api as unknown as AnyApi);
      callback(error, wrap as unknown as API<A, R>);
    });
  }

  #wrap(name: string, api: AnyApi): AnyApi {
    const { key, version } = api;
    const as = (request: Request) =>
      Object.assign(request, { key, version }) as AnyApi;
    switch (name) {
      case "OffsetCommit":
        return as((connection, ...args) =>
          api(connection, ...args.map((each) => this.#annotate(each)))
        );
      case "OffsetFetch":
        return as((connection, ...args) => {
          const told = args.pop() as Callback<OffsetFetchAnswer>;
          api(connection, ...args, (error: Error | null, answer: unknown) => {
            this.#remember(answer as OffsetFetchAnswer | undefined);
            told(error, answer as OffsetFetchAnswer);
          });
        });
      default:
        return api;
    }
  }

  /** Puts the metadata to the offsets: the one argument that is a list. */
  #annotate(argument: unknown): unknown {
    if (!Array.isArray(argument)) return argument;
    return (argument as RequestTopic<Partition & { partitionIndex: number }>[])
      .map(({ name: topic, partitions }) => ({
        name: topic,
        partitions: partitions.map((each) => ({
          ...each,
          committedMetadata: this.#metadata.get(
            partitionKey({ topic, partition: each.partitionIndex }),
          ) ?? null,
        })),
      }));
  }

  #remember(answer: OffsetFetchAnswer | undefined): void {
    const topics = answer?.groups?.flatMap((group) => group.topics) ??
      answer?.topics ?? [];
    for (const { name: topic, partitions } of topics) {
      for (const each of partitions) {
        const partition = each.partitionIndex;
        this.#committed.set(partitionKey({ topic, partition }), each);
      }
    }
  }
}

type Request = (connection: Connection, ...args: unknown[]) => void;
