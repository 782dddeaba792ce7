/**
 * A client of the emulator.
 *
 * @module
 */

import type { Message } from "./message.ts";

/** How a connection was made. */
export interface ConnectionOptions {
  /** Its id. */
  readonly id: string;
  /** Its hub, in lower case. */
  readonly hub: string;
  /** Its user. */
  readonly userId: string | undefined;
  /** What it may do. */
  readonly roles: readonly string[];
  /** The groups it is in. */
  readonly groups: readonly string[];
}

/** Where its messages go. */
export interface Outlet {
  /** Sends a message to the client, or keeps it until the client is back. */
  send(message: Message): void;
  /** Ends the connection. */
  close(reason: string): void;
}

/** A client. What an upstream may change of it can change until it is open. */
export class Connection {
  /** Its id. */
  readonly id: string;
  /** Its hub, in lower case. */
  readonly hub: string;
  /** Its user. */
  userId: string | undefined;
  /** What it may do. */
  roles: Set<string>;
  /** The groups it is in. */
  groups: Set<string>;
  /** The state that its upstream keeps with it, as it came. */
  state: string | undefined;
  /** The WebSocket subprotocol. */
  subprotocol: string | undefined;
  /** What the upstream has set, by name. */
  readonly cookies = new Map<string, string>();
  /** Where its messages go; none before it is open. */
  outlet: Outlet | undefined;
  readonly #end = new AbortController();
  #lastEventId = -1;

  /** Takes what its token says. */
  constructor(options: ConnectionOptions) {
    this.id = options.id;
    this.hub = options.hub;
    this.userId = options.userId;
    this.roles = new Set(options.roles);
    this.groups = new Set(options.groups);
  }

  /** Aborts when it has ended. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** The id of its next event: 0 is `connect`. */
  nextEventId(): string {
    return String(++this.#lastEventId);
  }

  /** Says that it has ended. */
  end(): void {
    this.#end.abort();
  }
}
