/**
 * The operations on a hub's clients.
 *
 * @module
 */

import type { DataType } from "../reply.ts";

/** Options of a message. */
export interface SendOptions {
  /**
   * How it is sent.
   * @default {text for a string, binary for bytes, JSON for anything else}
   */
  readonly dataType?: DataType;
  /** Connections to exclude; not with one user or connection. */
  readonly excluded?: readonly string[];
  /** An OData filter, such as `userId ne 'me'`; not with one connection. */
  readonly filter?: string;
  /** How long it is kept for disconnected clients, from 0 to 300 seconds. */
  readonly messageTtlSeconds?: number;
  /** Sent as `x-webpubsub-metadata-*`: ASCII, at most 8 KiB in total. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Options of closing several connections. */
export interface CloseOptions {
  /** The reason, for the clients. */
  readonly reason?: string;
  /** Connections to keep. */
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
  /** Its permissions, such as `webpubsub.sendToGroup`. */
  readonly roles?: readonly string[];
  /** Initial groups. */
  readonly groups?: readonly string[];
  /** How long it can be used to connect, in milliseconds. @default {3600000} */
  readonly expiresIn?: number;
  /** Its protocol. @default {"webSocket"} */
  readonly protocol?: "webSocket" | "mqtt";
}

/** The operations on a hub's clients. Each can throw `WebPubSubError`. */
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
  /** Adds the connections matched by a filter to groups. */
  addConnectionsToGroups(
    groups: readonly string[],
    filter: string,
  ): Promise<void>;
  /** Removes the connections matched by a filter from groups. */
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
  /** Whether a connection exists: by id, of a user, or in a group. */
  exists(what: Member | { readonly group: string }): Promise<boolean>;
  /** Grants a connection a permission for a group, or for all groups. */
  grantPermission(
    connectionId: string,
    permission: Permission,
    group?: string,
  ): Promise<void>;
  /** Revokes a permission. */
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
  /** A URL with which a client can connect. It contains a token: a secret. */
  clientUrl(options?: ClientTokenOptions): Promise<string>;
}

/** A Web PubSub service. */
export interface WebPubSubService {
  /**
   * Returns a hub.
   *
   * @param name In any case.
   * @param options A signal that aborts running and later calls.
   * @throws {TypeError} Web PubSub does not accept the name.
   */
  hub(
    name: string,
    options?: { readonly signal?: AbortSignal },
  ): HubService;
}
