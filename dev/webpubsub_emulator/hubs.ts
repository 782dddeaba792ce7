/**
 * Who is connected, and who is in which group.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import type { GroupEvent } from "./options.ts";

/** Longest name of a group, in characters. */
const MAX_GROUP = 1_024;

/** Whether something can be the name of a group. */
export function isGroup(name: unknown): name is string {
  return typeof name === "string" && name.trim() !== "" &&
    name.length <= MAX_GROUP;
}

/** Whether something can be the name of a hub. */
export function isHub(name: string): boolean {
  return /^[A-Za-z][\w`,.[\]]{0,127}$/.test(name);
}

/** All connections, by hub. */
export class Hubs {
  readonly #connections = new Map<string, Map<string, Connection>>();
  readonly #onGroupEvent: (
    connection: Connection,
    event: GroupEvent,
    group: string,
  ) => void;

  /** @param onGroupEvent Hears who joins and leaves which group. */
  constructor(
    onGroupEvent: (
      connection: Connection,
      event: GroupEvent,
      group: string,
    ) => void,
  ) {
    this.#onGroupEvent = onGroupEvent;
  }

  /** Takes a connection in. */
  add(connection: Connection): void {
    const hub = this.#connections.get(connection.hub) ?? new Map();
    this.#connections.set(connection.hub, hub.set(connection.id, connection));
    for (const group of connection.groups) {
      this.#onGroupEvent(connection, "joined", group);
    }
  }

  /** Takes a connection out. */
  remove(connection: Connection): void {
    this.#connections.get(connection.hub)?.delete(connection.id);
    for (const group of [...connection.groups]) this.leave(connection, group);
  }

  /** A connection. */
  get(hub: string, id: string): Connection | undefined {
    return this.#connections.get(hub.toLowerCase())?.get(id);
  }

  /** Connections of a hub: all, or those that a test wants. */
  find(
    hub: string,
    test: (connection: Connection) => boolean = () => true,
  ): readonly Connection[] {
    const all = this.#connections.get(hub.toLowerCase())?.values() ?? [];
    return [...all].filter(test);
  }

  /** All connections of all hubs. */
  all(): readonly Connection[] {
    return [...this.#connections.values()].flatMap((hub) => [...hub.values()]);
  }

  /** Puts a connection in a group. */
  join(connection: Connection, group: string): void {
    if (connection.groups.has(group)) return;
    connection.groups.add(group);
    this.#onGroupEvent(connection, "joined", group);
  }

  /** Takes a connection out of a group. */
  leave(connection: Connection, group: string): void {
    if (!connection.groups.delete(group)) return;
    this.#onGroupEvent(connection, "left", group);
  }
}
