/**
 * What can be done with the clients of a hub.
 *
 * @module
 */

import type { DataType } from "../reply.ts";

/** Options of a message. */
export interface SendOptions {
  /** How it is sent. @default {text for a string, binary for bytes, JSON for the rest} */
  readonly dataType?: DataType;
  /** Connections that do not get it; not with one user or connection. */
  readonly excluded?: readonly string[];
  /** An OData filter, such as `userId ne 'me'`; not with one connection. */
  readonly filter?: string;
  /** Time for which it is kept for clients that are away, from 0 to 300 seconds. */
  readonly messageTtlSeconds?: number;
  /** Sent as `x-webpubsub-metadata-*`: ASCII, at most 8 KiB in all. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Options of closing several connections. */
export interface CloseOptions {
  /** Why, for the clients to read. */
  readonly reason?: string;
  /** Connections that stay. */
  readonly excluded?: readonly string[];
}

/** A connection, or all connections of a user. */
export type Member =
  | { readonly connectionId: string }
  | { readonly userId: string };

/** What a connection may do with a group. */
export type Permission = "joinLeaveGroup" | "sendToGroup";

/** Options of a client's token. */
export interface ClientTokenOptions {
  /** The user. */
  readonly userId?: string;
  /** What it may do, such as `webpubsub.sendToGroup`. */
  readonly roles?: readonly string[];
  /** Groups it is in from the start. */
  readonly groups?: readonly string[];
  /** Time for which it can connect, in milliseconds. @default {3600000} */
  readonly expiresIn?: number;
  /** What it speaks. @default {"webSocket"} */
  readonly protocol?: "webSocket" | "mqtt";
}

/** What can be done with the clients of a hub. All of it can throw `WebPubSubError`. */
export interface HubService {
  /** Sends to all connections. */
  sendToAll(content: unknown, options?: SendOptions): Promise<void>;
  /** Sends to the connections in a group. */
  sendToGroup(
    group: string,
    content: unknown,
    options?: SendOptions,
  ): Promise<void>;
  /** Sends to the connections of a user. */
  sendToUser(
    userId: string,
    content: unknown,
    options?: Omit<SendOptions, "excluded">,
  ): Promise<void>;
  /** Sends to a connection. */
  sendToConnection(
    connectionId: string,
    content: unknown,
    options?: Omit<SendOptions, "excluded" | "filter">,
  ): Promise<void>;
  /** Adds to a group. */
  addToGroup(group: string, who: Member): Promise<void>;
  /** Removes from a group. */
  removeFromGroup(group: string, who: Member): Promise<void>;
  /** Removes from all groups. */
  removeFromAllGroups(who: Member): Promise<void>;
  /** Adds the connections that a filter finds to groups. */
  addConnectionsToGroups(
    groups: readonly string[],
    filter: string,
  ): Promise<void>;
  /** Removes the connections that a filter finds from groups. */
  removeConnectionsFromGroups(
    groups: readonly string[],
    filter: string,
  ): Promise<void>;
  /** Lists the connections in a group, a page at a time. */
  listConnections(
    group: string,
  ): AsyncIterableIterator<
    { readonly connectionId: string; readonly userId?: string }
  >;
  /** Closes a connection. */
  close(connectionId: string, reason?: string): Promise<void>;
  /** Closes all connections. */
  closeAll(options?: CloseOptions): Promise<void>;
  /** Closes the connections in a group. */
  closeGroup(group: string, options?: CloseOptions): Promise<void>;
  /** Closes the connections of a user. */
  closeUser(userId: string, options?: CloseOptions): Promise<void>;
  /** Whether there is such a connection, or a connection of a user or in a group. */
  exists(what: Member | { readonly group: string }): Promise<boolean>;
  /** Lets a connection do something with a group, or with all of them. */
  grantPermission(
    connectionId: string,
    permission: Permission,
    group?: string,
  ): Promise<void>;
  /** Takes a permission back. */
  revokePermission(
    connectionId: string,
    permission: Permission,
    group?: string,
  ): Promise<void>;
  /** Whether a connection has a permission. */
  hasPermission(
    connectionId: string,
    permission: Permission,
    group?: string,
  ): Promise<boolean>;
  /** The address at which a client can connect. It holds a token: a secret. */
  clientUrl(options?: ClientTokenOptions): Promise<string>;
}

/** A Web PubSub service. */
export interface WebPubSubService {
  /**
   * A hub of it.
   *
   * @param name In any case.
   * @param options A signal that ends the calls under way, and those after it.
   * @throws {TypeError} It is none that Web PubSub takes.
   */
  hub(
    name: string,
    options?: { readonly signal?: AbortSignal },
  ): HubService;
}
