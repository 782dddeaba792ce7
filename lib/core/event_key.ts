/**
 * Names of events: the vendor's `channel.eventName` keys, and what tells events
 * apart that share a key.
 *
 * A key that AGS uses once is the event's type as it is. A key that several proto
 * packages use belongs to all of them, and each event also has a qualified type,
 * `key@package part`: `mpv2SessionHistory.MatchHistoryEvent@session` is the one of
 * `accelbyte.session.session.v1`. A handler of the plain key takes the events of
 * all these packages, a handler of a qualified type those of one. Where the messages
 * of the packages differ, the service does not start with a handler of the plain key.
 *
 * @module
 */

/** Stands between a key and what qualifies it. No vendor key contains it. */
const QUALIFIER_MARK = "@";

/** An event as a specification file declares it. */
export interface EventDeclaration {
  /** The vendor's key: `userAuthentication.userLoggedIn`. */
  readonly key: string;
  /** Proto package of the service that takes the event: `accelbyte.iam.account.v1`. */
  readonly package: string;
}

/** A declared event with the types it goes by. */
export interface NamedEvent<T extends EventDeclaration> {
  /** The declaration, as given. */
  readonly event: T;
  /**
   * The types, most specific first: the qualified one if the key is shared, then
   * the key. A delivery goes to the first of them that has a handler.
   */
  readonly types: readonly [string, ...string[]];
}

/** The parts of an event type. */
export interface EventTypeParts {
  /** The vendor's key, without qualifier. */
  readonly key: string;
  /** What comes before the key's first dot: the Kafka topic without its prefix. */
  readonly channel: string;
  /** What comes after the key's first dot: the event's own name. */
  readonly name: string;
  /** The part of the proto package that tells the event apart, if its key is shared. */
  readonly qualifier: string | undefined;
}

/**
 * Gives each event its types.
 *
 * The qualifier is the shortest leading part of the package, after the vendor's
 * own first word, in which the packages that share the key all differ: `session`
 * and `matchmaking_v2`, but `lobby.chat` and `lobby.party`.
 *
 * @param events All events, in any order; the answer keeps it.
 * @throws {TypeError} A package declares the same key twice.
 */
export function nameEvents<T extends EventDeclaration>(
  events: readonly T[],
): readonly NamedEvent<T>[] {
  const packagesByKey = new Map<string, string[]>();
  for (const { key, package: name } of events) {
    const packages = packagesByKey.get(key) ?? [];
    if (packages.includes(name)) {
      throw new TypeError(
        `Event key "${key}" is declared twice in package "${name}": wanted once`,
      );
    }
    packagesByKey.set(key, [...packages, name]);
  }
  return events.map((event) => {
    const packages = packagesByKey.get(event.key) ?? [];
    if (packages.length < 2) return { event, types: [event.key] };
    const qualifier = qualifierOf(event.package, packages);
    return {
      event,
      types: [`${event.key}${QUALIFIER_MARK}${qualifier}`, event.key],
    };
  });
}

/**
 * The key of an event as its properties file writes it: AGS writes some with the
 * event's name twice, `group.groupCreated.groupCreated`.
 */
export function eventKey(written: string): string {
  const parts = written.split(".");
  return hasNameTwice(parts) ? parts.slice(0, 2).join(".") : written;
}

/**
 * What the service of an event may be called, the first that exists counts. Where AGS
 * writes a key's last part twice, its proto files say `PayloadService` and its
 * properties files `Service`.
 *
 * @param written The key as the properties file writes it.
 * @param serviceName The service as the properties file names it.
 */
export function serviceNames(
  written: string,
  serviceName: string,
): readonly string[] {
  if (!hasNameTwice(written.split("."))) return [serviceName];
  return [serviceName, serviceName.replace(/(?:Service)?$/, "PayloadService")];
}

function hasNameTwice({ length, 1: name, 2: again }: readonly string[]) {
  return length === 3 && name === again;
}

/**
 * Takes an event type apart.
 *
 * @param type A key or a qualified type.
 */
export function parseEventType(type: string): EventTypeParts {
  const mark = type.indexOf(QUALIFIER_MARK);
  const key = mark < 0 ? type : type.slice(0, mark);
  const dot = key.indexOf(".");
  return {
    key,
    channel: dot < 0 ? key : key.slice(0, dot),
    name: dot < 0 ? "" : key.slice(dot + 1),
    qualifier: mark < 0 ? undefined : type.slice(mark + 1),
  };
}

function qualifierOf(name: string, packages: readonly string[]): string {
  const depth = name.split(".").length;
  for (let length = 1; length < depth; length++) {
    const parts = packages.map((other) => leadingPart(other, length));
    if (new Set(parts).size === packages.length) {
      return leadingPart(name, length);
    }
  }
  return name;
}

function leadingPart(name: string, length: number): string {
  return name.split(".").slice(1, 1 + length).join(".");
}
