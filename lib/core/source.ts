/**
 * The interface between the service and the sources of events.
 *
 * A source is a folder with a {@linkcode SourceDefinition}, and one line in
 * `lib/sources.ts`. It turns incoming messages into events and hands them to
 * the app. The service opens it, asks whether it is ready, and drains it,
 * without knowing which one it is.
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
import { channelOf, type OpenTypes } from "./event_types.ts";
import type { MemoryBudget } from "./memory_budget.ts";
import type { Metrics } from "./metrics.ts";
import type { Handler } from "./on.ts";

/** A source as the service knows it. */
export interface SourceDefinition<S extends Settings = Settings> {
  /** The word in `SOURCES`, the metric label `source`, and the log category. */
  readonly name: string;
  /** Its settings. @default {none of its own} */
  readonly topic?: Topic<S>;
  /** Event types that it carries in addition to AGS's. @default {none} */
  readonly eventTypes?: readonly string[];
  /**
   * Channels whose event names the studio chooses: `asyncMessaging`.
   * @default {none}
   */
  readonly openChannels?: readonly string[];
  /** Types that follow a rule, for their parts are anybody's. @default {none} */
  readonly openTypes?: OpenTypes;
  /**
   * Whether it carries events of this type.
   *
   * @param type An event type, or `channel.*`.
   * @param isAgs Whether AGS's files declare it.
   */
  carries(type: string, isAgs: boolean): boolean;
  /**
   * Opens it. From then on it hands events to the app.
   *
   * @throws {StartError} It cannot be opened.
   */
  open(deps: SourceDeps<ConfigOf<S> & ServiceConfig>): Promise<Source>;
}

/** The dependencies of a source. */
export interface SourceDeps<C = ServiceConfig> {
  /** The app that takes its events. */
  readonly app: EventTarget;
  /** The settings. */
  readonly config: C;
  /** AGS's events. */
  readonly catalog: EventCatalog;
  /** The types that handlers name explicitly, not through a channel pattern. */
  readonly named: ReadonlySet<string>;
  /** Where it logs. */
  readonly log: Logger;
  /** Where it counts. */
  readonly metrics: Metrics;
  /**
   * The memory budget for decoded events, shared by all sources. A source takes
   * a share for each event before it decodes it, and hands the share to the
   * app.
   */
  readonly memory: MemoryBudget;
  /**
   * The public HTTP listener, which opens on the first call.
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

/**
 * An open source. Disposing ends it at once; call `drain` first to lose
 * nothing.
 */
export interface Source extends AsyncDisposable {
  /** Its name. */
  readonly name: string;
  /** Where it receives events: shown in the banner, the log and `doctor`. */
  readonly endpoints: readonly Endpoint[];
  /** The port that it listens on, if any. */
  readonly port?: number;
  /**
   * Resolves when events can arrive.
   *
   * @throws {NotReadyError} They currently cannot.
   */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * Accepts nothing new from now on, and resolves when everything that it had
   * accepted is answered or committed, at the latest when `signal` aborts.
   */
  drain(signal: AbortSignal): Promise<void>;
}

/** An address at which events arrive. */
export interface Endpoint {
  /** What it is, such as `gRPC`. */
  readonly label: string;
  /** Where it is, such as `localhost:6565`. */
  readonly value: string;
}

/** Why events cannot be handled now, in words that may be public. */
export class NotReadyError extends Error {
  /** What logs call it. */
  override name = "NotReadyError";
}

/**
 * The sources that `SOURCES` names.
 *
 * @param all All sources.
 * @param names What the setting says.
 * @throws {AppError} It names an unknown source.
 */
export function enabledSources(
  all: readonly SourceDefinition[],
  names: readonly string[],
): readonly SourceDefinition[] {
  const known = all.map(({ name }) => name);
  if (names.some((name) => !known.includes(name))) {
    throw new AppError(
      `SOURCES names an unknown source: expected ${known.join(", ")}`,
    );
  }
  return all.filter(({ name }) => names.includes(name));
}

/** Options of {@linkcode checkCarried}. */
export interface CheckCarriedOptions {
  /** The enabled sources. */
  readonly enabled: readonly SourceDefinition[];
  /** All sources. */
  readonly all: readonly SourceDefinition[];
  /** The types that AGS's files declare. */
  readonly agsTypes: readonly string[];
}

/**
 * Checks that every handler can be called, because an enabled source carries
 * its events.
 *
 * @throws {AppError} No enabled source does. The message names the type, the
 * sources that carry it, and the setting.
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
        return `${place}No enabled source carries "${type}": ` +
          `expected SOURCES with ${names.join(" or ")}`;
      })
  );
  if (problems.length > 0) throw new AppError(problems.join("\n"));
}
