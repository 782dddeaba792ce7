/**
 * The seam between the service and the ways by which events come.
 *
 * A source is a folder with a {@linkcode SourceDefinition}, and one line in
 * `lib/sources.ts`. It turns what arrives into events and hands them to the app; the
 * service opens it, asks whether it is ready, and drains it, without knowing which one
 * it is.
 *
 * @module
 */

import type { ConfigOf, Settings, Topic } from "../config/setting.ts";
import type { ServiceConfig } from "../config/table.ts";
import type { EventTarget } from "./app.ts";
import type { EventCatalog } from "./catalog.ts";
import type { EventInbox } from "./event_inbox.ts";
import type { HttpRoutes } from "./http.ts";
import type { Logger } from "./context.ts";
import { AppError } from "./errors.ts";
import { channelOf } from "./event_types.ts";
import type { MemoryBudget } from "./memory_budget.ts";
import type { Metrics } from "./metrics.ts";
import type { Handler } from "./on.ts";

/** A source as the service knows it. */
export interface SourceDefinition<S extends Settings = Settings> {
  /** The word in `SOURCES`, the metric label `source`, and what its log is about. */
  readonly name: string;
  /** Its settings. @default {it has none of its own} */
  readonly topic?: Topic<S>;
  /** Event types that it brings beside AGS's. @default {none} */
  readonly eventTypes?: readonly string[];
  /** Channels whose event names are the studio's: `asyncMessaging`. @default {none} */
  readonly openChannels?: readonly string[];
  /**
   * Whether it brings events of this type.
   *
   * @param type An event type, or `channel.*`.
   * @param isAgs Whether AGS's files declare it.
   */
  carries(type: string, isAgs: boolean): boolean;
  /**
   * Opens it: from then on it hands events to the app.
   *
   * @throws {StartError} It cannot be opened.
   */
  open(deps: SourceDeps<ConfigOf<S> & ServiceConfig>): Promise<Source>;
}

/** What a source is given. */
export interface SourceDeps<C = ServiceConfig> {
  /** Where its events go. */
  readonly app: EventTarget;
  /** The settings. */
  readonly config: C;
  /** AGS's events. */
  readonly catalog: EventCatalog;
  /** The types that handlers name themselves, not by the pattern of a channel. */
  readonly named: ReadonlySet<string>;
  /** Where it logs. */
  readonly log: Logger;
  /** Where it counts. */
  readonly metrics: Metrics;
  /**
   * What events may take, decoded, of all sources together. A source takes a share for
   * each before it decodes it, and hands it to the app.
   */
  readonly memory: MemoryBudget;
  /**
   * The public HTTP listener, which is opened when the first source asks for it.
   *
   * @throws {ListenError} Its port cannot be opened.
   */
  http(): Promise<HttpRoutes>;
  /**
   * The inbox, for events whose sender does not wait. It is opened when the first
   * source asks for it.
   *
   * @throws {StartError} It cannot be opened.
   */
  inbox(): Promise<EventInbox>;
}

/** A source that is open. Disposing ends it at once; `drain` first, to lose nothing. */
export interface Source extends AsyncDisposable {
  /** Which one it is. */
  readonly name: string;
  /** Where events come to, for people: the banner, the log and `doctor` say it. */
  readonly endpoints: readonly Endpoint[];
  /** The port that it listens on, where it does. */
  readonly port?: number;
  /**
   * Resolves when events can come.
   *
   * @throws {NotReadyError} They cannot, now.
   */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * Takes nothing new, at once, and resolves when all that it had taken is answered or
   * committed; at the latest when `signal` ends.
   */
  drain(signal: AbortSignal): Promise<void>;
}

/** Where events come to. */
export interface Endpoint {
  /** What it is, such as `gRPC`. */
  readonly label: string;
  /** Where it is, such as `localhost:6565`. */
  readonly value: string;
}

/** Why events cannot be handled now, in words that anybody may read. */
export class NotReadyError extends Error {
  /** What logs call it. */
  override name = "NotReadyError";
}

/**
 * The sources that `SOURCES` names.
 *
 * @param all The sources there are.
 * @param names What the setting says.
 * @throws {AppError} It names one that there is not.
 */
export function enabledSources(
  all: readonly SourceDefinition[],
  names: readonly string[],
): readonly SourceDefinition[] {
  const known = all.map(({ name }) => name);
  if (names.some((name) => !known.includes(name))) {
    throw new AppError(
      `SOURCES names a source that there is not: expected ${known.join(", ")}`,
    );
  }
  return all.filter(({ name }) => names.includes(name));
}

/** Options of {@linkcode checkCarried}. */
export interface CheckCarriedOptions {
  /** The sources that are switched on. */
  readonly enabled: readonly SourceDefinition[];
  /** All there are. */
  readonly all: readonly SourceDefinition[];
  /** The types that AGS's files declare. */
  readonly agsTypes: readonly string[];
}

/**
 * Checks that every handler can be called: that a source is switched on that brings its
 * events.
 *
 * @throws {AppError} No source does. Names the type, the sources that would, and the
 * setting.
 */
export function checkCarried(
  handlers: readonly Handler[],
  { enabled, all, agsTypes }: CheckCarriedOptions,
): void {
  const ags = new Set([
    ...agsTypes,
    ...agsTypes.map((type) => `${channelOf(type)}.*`),
  ]);
  const carriers = (type: string, sources: readonly SourceDefinition[]) =>
    sources.filter((source) => source.carries(type, ags.has(type)));
  const problems = handlers.flatMap(({ types, declaredAt }) =>
    types.filter((type) => carriers(type, enabled).length === 0)
      .map((type) => {
        const names = carriers(type, all).map(({ name }) => name);
        const place = declaredAt === undefined ? "" : `${declaredAt}: `;
        return `${place}No source that is switched on brings "${type}": ` +
          `expected SOURCES with ${names.join(" or ")}`;
      })
  );
  if (problems.length > 0) throw new AppError(problems.join("\n"));
}
