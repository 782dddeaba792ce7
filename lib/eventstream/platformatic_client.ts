/**
 * The library's consumer, extended with a part of Kafka's protocol that it
 * hides: commit metadata.
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

/** A request's topic, in the form shared by both requests. */
interface RequestTopic<Partition> {
  readonly name: string;
  readonly partitions: readonly Partition[];
}

/** An answer's partition. */
type AnswerPartition = CommittedOffset & { readonly partitionIndex: number };

/** The answer to `OffsetFetch`: up to version 7 it has one group. */
interface OffsetFetchAnswer {
  readonly groups?: readonly {
    readonly topics: readonly RequestTopic<AnswerPartition>[];
  }[];
  readonly topics?: readonly RequestTopic<AnswerPartition>[];
}

/** Any request. */
// deno-lint-ignore no-explicit-any -- Requests differ in their arguments.
type AnyApi = API<any[], any>;

/** The first version of `Fetch` that uses topic ids and reports truncation. */
const FETCH_BY_ID = 13;

/** A client whose commits have metadata. */
export class Client extends Consumer {
  readonly #guard = new MetadataGuard();
  #clusterId = "";
  #isFetchById: Promise<boolean> | undefined;
  #metadata: ReadonlyMap<string, string> = new Map();
  #committed = new Map<string, CommittedOffset>();

  /** The cluster's id as last reported; empty before that. */
  get clusterId(): string {
    return this.#clusterId;
  }

  /**
   * Whether the brokers read topics by id and report truncation, which older
   * versions of the request do not.
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
   * Commits offsets with metadata. One call at a time.
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

  /**
   * Reads committed offsets, by {@linkcode partitionKey}. One call at a time.
   */
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

  /** The library's hook for metadata of topics and brokers. */
  override [kMetadata](
    options: MetadataOptions,
    callback: Callback<ClusterMetadata>,
  ): void {
    const safe = this.#guard.wrap(options.topics ?? [], callback);
    super[kMetadata](options, (error: Error | null, metadata) => {
      // If a request fails, the library forgets the id with the topics.
      this.#clusterId = metadata?.id || this.#clusterId;
      safe(error, metadata);
    });
  }

  /** The library's hook for each request: adds what the library omits. */
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

  /** Adds the metadata to the offsets: the only argument that is a list. */
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
