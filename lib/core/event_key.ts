/**
 * Names of events: AGS's `channel.eventName` keys, and qualifiers for events
 * that share a key.
 *
 * A key that AGS uses once is the event's type. If several proto packages use a
 * key, it refers to all of them, and each event also has a qualified type,
 * `key@package part`: `mpv2SessionHistory.MatchHistoryEvent@session` is the
 * event of `accelbyte.session.session.v1`. A handler of the plain key takes the
 * events of all these packages; a handler of a qualified type takes those of
 * one. If the packages' messages differ, the service does not start with a
 * handler of the plain key.
 *
 * @module
 */

/** Separates a key from its qualifier. No AGS key contains it. */
const QUALIFIER_MARK = "@";

/** An event as a specification file declares it. */
export interface EventDeclaration {
  /** The vendor's key: `userAuthentication.userLoggedIn`. */
  readonly key: string;
  /** Proto package of the service that takes the event: `accelbyte.iam.account.v1`. */
  readonly package: string;
}

/** A declared event with its types. */
export interface NamedEvent<T extends EventDeclaration> {
  /** The declaration, as given. */
  readonly event: T;
  /**
   * The types, most specific first: the qualified one if the key is shared,
   * then the key. A delivery goes to the first that has a handler.
   */
  readonly types: readonly [string, ...string[]];
}

/** The parts of an event type. */
export interface EventTypeParts {
  /** AGS's key, without qualifier. */
  readonly key: string;
  /**
   * The part before the key's first dot: the Kafka topic without its prefix.
   */
  readonly channel: string;
  /** The part after the key's first dot: the event's own name. */
  readonly name: string;
  /**
   * The part of the proto package that distinguishes the event, if its key is
   * shared.
   */
  readonly qualifier: string | undefined;
}

/**
 * Assigns each event its types.
 *
 * The qualifier is the shortest leading part of the package, after AGS's own
 * first word, in which all packages that share the key differ: `session` and
 * `matchmaking_v2`, but `lobby.chat` and `lobby.party`.
 *
 * @param events All events, in any order; the result keeps it.
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
        `Event key "${key}" is declared twice in package "${name}": expected once`,
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
 * The key of an event from its properties file, in which AGS sometimes repeats
 * the event's name: `group.groupCreated.groupCreated`.
 */
export function eventKey(written: string): string {
  const parts = written.split(".");
  return hasNameTwice(parts) ? parts.slice(0, 2).join(".") : written;
}

/**
 * Candidate names for the service of an event; the first that exists is used.
 * If AGS repeats a key's last part, its proto files say `PayloadService` where
 * its properties files say `Service`.
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
 * Splits an event type into its parts.
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
