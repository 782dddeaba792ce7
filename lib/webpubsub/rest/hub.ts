/**
 * Calls for the clients of a hub.
 *
 * @module
 */

import { isObject, parseJson } from "../json.ts";
import { mediaTypeOf } from "../headers.ts";
import { reply } from "../reply.ts";
import { clientUrl } from "./client_url.ts";
import type { Credentials } from "./credentials.ts";
import { WebPubSubError } from "./error.ts";
import type { Answer, Call, Transport } from "./transport.ts";
import type {
  ClientTokenOptions,
  CloseOptions,
  HubService,
  Member,
  Permission,
  SendOptions,
} from "./types.ts";
import { apiUrl, type Query, type Segment } from "./url.ts";

/** Options of {@linkcode Hub}. */
export interface HubOptions {
  /** Its name. */
  readonly name: string;
  /** The credentials. */
  readonly credentials: Credentials;
  /** The transport. */
  readonly transport: Transport;
  /** Aborts calls. */
  readonly signal: AbortSignal | undefined;
}

type Path = readonly (string | Segment)[];

const group = (name: string): Path => ["groups", { what: "group", name }];
const user = (name: string): Path => ["users", { what: "user", name }];
const connection = (name: string): Path => [
  "connections",
  { what: "connection", name },
];
const member = (who: Member): Path =>
  "userId" in who ? user(who.userId) : connection(who.connectionId);

/** A hub. */
export class Hub implements HubService {
  readonly #options: HubOptions;

  /** Makes no call yet. */
  constructor(options: HubOptions) {
    this.#options = options;
  }

  sendToAll(content: unknown, options?: SendOptions): Promise<void> {
    return this.#send("send to all", [], content, options);
  }

  sendToGroup(
    name: string,
    content: unknown,
    options?: SendOptions,
  ): Promise<void> {
    return this.#send("send to a group", group(name), content, options);
  }

  sendToUser(
    userId: string,
    content: unknown,
    options?: SendOptions,
  ): Promise<void> {
    return this.#send("send to a user", user(userId), content, options);
  }

  sendToConnection(
    connectionId: string,
    content: unknown,
    options?: SendOptions,
  ): Promise<void> {
    const path = connection(connectionId);
    return this.#send("send to a connection", path, content, options);
  }

  async addToGroup(name: string, who: Member): Promise<void> {
    await this.#call("add to a group", "PUT", membership(name, who));
  }

  async removeFromGroup(name: string, who: Member): Promise<void> {
    await this.#call("remove from a group", "DELETE", membership(name, who));
  }

  async removeFromAllGroups(who: Member): Promise<void> {
    const path = [...member(who), "groups"];
    await this.#call("remove from all groups", "DELETE", path);
  }

  async addConnectionsToGroups(
    groups: readonly string[],
    filter: string,
  ): Promise<void> {
    const body = { groups, filter };
    await this.#call("add to groups", "POST", [":addToGroups"], { body });
  }

  async removeConnectionsFromGroups(
    groups: readonly string[],
    filter: string,
  ): Promise<void> {
    const body = { groups, filter };
    const path = [":removeFromGroups"];
    await this.#call("remove from groups", "POST", path, { body });
  }

  async *listConnections(
    name: string,
  ): AsyncIterableIterator<
    { readonly connectionId: string; readonly userId?: string }
  > {
    const what = "list the connections in a group";
    const path = [...group(name), "connections"];
    let url: string | undefined = this.#url(path);
    while (url !== undefined) {
      const page: Page = readPage(
        what,
        await this.#fetch({ what, method: "GET", url, isIdempotent: true }),
      );
      yield* page.connections;
      url = page.next;
      // The next page gets the token: an answer must not choose its receiver.
      if (
        url !== undefined && !url.startsWith(this.#url(path).split("?")[0]!)
      ) {
        throw new WebPubSubError(
          `Could not ${what}: the next page is at another address`,
          { retryable: false },
        );
      }
    }
  }

  async close(connectionId: string, reason?: string): Promise<void> {
    const path = connection(connectionId);
    await this.#call("close a connection", "DELETE", path, {
      query: { reason },
    });
  }

  closeAll(options?: CloseOptions): Promise<void> {
    return this.#closeSeveral("close all connections", [], options);
  }

  closeGroup(name: string, options?: CloseOptions): Promise<void> {
    const what = "close the connections in a group";
    return this.#closeSeveral(what, group(name), options);
  }

  closeUser(userId: string, options?: CloseOptions): Promise<void> {
    const what = "close the connections of a user";
    return this.#closeSeveral(what, user(userId), options);
  }

  exists(what: Member | { readonly group: string }): Promise<boolean> {
    const path = "group" in what ? group(what.group) : member(what);
    return this.#isThere("look for connections", path);
  }

  async grantPermission(
    connectionId: string,
    permission: Permission,
    targetName?: string,
  ): Promise<void> {
    const path = permissionPath(permission, connectionId);
    const query = { targetName };
    await this.#call("grant a permission", "PUT", path, { query });
  }

  async revokePermission(
    connectionId: string,
    permission: Permission,
    targetName?: string,
  ): Promise<void> {
    const path = permissionPath(permission, connectionId);
    const query = { targetName };
    await this.#call("revoke a permission", "DELETE", path, { query });
  }

  hasPermission(
    connectionId: string,
    permission: Permission,
    targetName?: string,
  ): Promise<boolean> {
    const path = permissionPath(permission, connectionId);
    return this.#isThere("look for a permission", path, { targetName });
  }

  clientUrl(options: ClientTokenOptions = {}): Promise<string> {
    const { name, credentials } = this.#options;
    return clientUrl({
      ...options,
      hub: name,
      credentials,
      fetch: async (what, query) =>
        await this.#fetch({
          what,
          method: "POST",
          url: this.#url([":generateToken"], query),
          isIdempotent: true,
        }),
    });
  }

  async #send(
    what: string,
    path: Path,
    content: unknown,
    options: SendOptions = {},
  ): Promise<void> {
    const { excluded, filter, messageTtlSeconds, dataType, metadata } = options;
    const { contentType, headers, ...message } = reply(content, {
      ...(dataType === undefined ? {} : { dataType }),
      ...(metadata === undefined ? {} : { metadata }),
    });
    const body = message.dataType === "json"
      ? toJson(what, message.content)
      : message.content as string | Uint8Array<ArrayBuffer>;
    await this.#fetch({
      what,
      method: "POST",
      url: this.#url([...path, ":send"], {
        excluded,
        filter,
        messageTtlSeconds,
      }),
      headers: [["content-type", mediaTypeOf(contentType)], ...headers],
      body,
      // A message that may have arrived is not sent again.
      isIdempotent: false,
    });
  }

  async #closeSeveral(
    what: string,
    path: Path,
    { reason, excluded }: CloseOptions = {},
  ): Promise<void> {
    const query = { excluded, reason };
    await this.#call(what, "POST", [...path, ":closeConnections"], { query });
  }

  async #isThere(what: string, path: Path, query?: Query): Promise<boolean> {
    const { status } = await this.#fetch({
      what,
      method: "HEAD",
      url: this.#url(path, query),
      isIdempotent: true,
      expected: [404],
    });
    return status !== 404;
  }

  async #call(
    what: string,
    method: Call["method"],
    path: Path,
    { query, body }: { readonly query?: Query; readonly body?: unknown } = {},
  ): Promise<void> {
    await this.#fetch({
      what,
      method,
      url: this.#url(path, query),
      isIdempotent: true,
      ...(body === undefined ? {} : {
        headers: [["content-type", "application/json"]] as const,
        body: JSON.stringify(body),
      }),
    });
  }

  #url(path: Path, query?: Query): string {
    const { name, credentials } = this.#options;
    const hub = { what: "hub", name };
    return apiUrl(credentials.endpoint, ["api", "hubs", hub, ...path], query);
  }

  #fetch(call: Call): Promise<Answer> {
    return this.#options.transport(call, this.#options.signal);
  }
}

function membership(name: string, who: Member): Path {
  return "userId" in who
    ? [...user(who.userId), ...group(name)]
    : [...group(name), ...connection(who.connectionId)];
}

function permissionPath(name: Permission, connectionId: string): Path {
  const what = "permission";
  return ["permissions", { what, name }, ...connection(connectionId)];
}

function toJson(what: string, content: unknown): string {
  const json: string | undefined = JSON.stringify(content);
  if (json !== undefined) return json;
  throw new TypeError(`Cannot ${what}: expected a JSON value`);
}

interface Page {
  readonly connections: readonly {
    readonly connectionId: string;
    readonly userId?: string;
  }[];
  readonly next: string | undefined;
}

function readPage(what: string, { text }: Answer): Page {
  try {
    const page = parseJson(text);
    if (!isObject(page)) throw new SyntaxError("Page is not an object");
    const { value, nextLink } = page;
    if (!Array.isArray(value)) throw new SyntaxError("Page has no list");
    const connections = value.flatMap((each: unknown) => {
      const { connectionId, userId } = isObject(each) ? each : {};
      if (typeof connectionId !== "string") return [];
      return typeof userId === "string"
        ? [{ connectionId, userId }]
        : [{ connectionId }];
    });
    const next = typeof nextLink === "string" && nextLink !== ""
      ? new URL(nextLink).href
      : undefined;
    return { connections, next };
  } catch (cause) {
    throw new WebPubSubError(
      `Could not ${what}: the answer is not a page of connections`,
      { cause, retryable: false },
    );
  }
}
