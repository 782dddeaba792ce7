/**
 * The events that AGS declares in `proto/`. `lib/events/catalog.ts` reads them.
 *
 * @module
 */

/** An event that AGS's files declare. */
export interface CatalogEvent {
  /** The vendor's key: `userAuthentication.userLoggedIn`. */
  readonly key: string;
  /** The types by which a handler may name it, most specific first. */
  readonly types: readonly string[];
  /** Proto package of its service. */
  readonly package: string;
  /** Name of its service, without the package. */
  readonly serviceName: string;
  /**
   * Candidate service names in the proto file; the first that exists is used.
   */
  readonly serviceNames: readonly string[];
  /** The proto file, relative to the proto folder. */
  readonly protoFile: string;
  /** Where it is declared: `file:line`. */
  readonly declaredAt: string;
}

/** All events of a proto folder. */
export interface EventCatalog {
  /** Absolute path of the proto folder. */
  readonly protoFolder: string;
  /** The events. */
  readonly events: readonly CatalogEvent[];
  /** Every type that a handler may name, without duplicates. */
  readonly types: readonly string[];
}
