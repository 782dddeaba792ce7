/**
 * The REST API, as service clients call it.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import { FilterError, parseFilter } from "./filter.ts";
import { type Hubs, isGroup, isHub } from "./hubs.ts";
import { fromBody, type Message } from "./message.ts";
import { type Permission, roleOf } from "./roles.ts";
import type { Tokens } from "./tokens.ts";

/** A request of the REST API. */
export interface RestRequest {
  /** The method. */
  readonly method: string;
  /** The address, with a host that the emulator answers for. */
  readonly url: URL;
  /** A header, by its name in lower case. */
  readonly header: (name: string) => string | undefined;
  /** The body. */
  readonly body: Uint8Array<ArrayBuffer>;
}

/** An answer of the REST API. */
export interface RestAnswer {
  /** The status. */
  readonly status: number;
  /** The service's name of what is wrong. */
  readonly code?: string;
  /** What is sent as JSON. */
  readonly json?: unknown;
}

/** Options of {@linkcode RestApi}. */
export interface RestApiOptions {
  /** Checks and makes tokens. */
  readonly tokens: Tokens;
  /** Who is connected. */
  readonly hubs: Hubs;
  /** Where the emulator is. */
  readonly endpoint: () => string;
  /** Hosts that it answers for, with their ports. */
  readonly hosts: () => ReadonlySet<string>;
}

/** Most connections in one page of a list. */
const MAX_PAGE = 200;

type Handle = (call: Call) => RestAnswer | Promise<RestAnswer>;

interface Call extends RestRequest {
  readonly hub: string;
  /** What the path names. */
  readonly names: readonly string[];
}

/** Answers for the REST API. */
export class RestApi {
  readonly #options: RestApiOptions;
  readonly #routes: readonly (readonly [string, string, Handle])[];

  /** Answers nothing yet. */
  constructor(options: RestApiOptions) {
    this.#options = options;
    const at = (test: (names: readonly string[]) => Test): Handle => (call) =>
      this.#send(call, test(call.names));
    const close =
      (test: (names: readonly string[]) => Test): Handle => (call) =>
        this.#close(call, test(call.names));
    const there =
      (test: (names: readonly string[]) => Test): Handle => (call) =>
        this.#find(call, test(call.names)).length > 0 ? OK : NOT_FOUND;
    this.#routes = [
      ["POST", ":send", at(() => everybody)],
      ["POST", "groups/*/:send", at(([group]) => inGroup(group))],
      ["POST", "users/*/:send", at(([user]) => ofUser(user))],
      ["POST", "connections/*/:send", at(([id]) => withId(id))],
      ["POST", ":closeConnections", close(() => everybody)],
      [
        "POST",
        "groups/*/:closeConnections",
        close(([group]) => inGroup(group)),
      ],
      ["POST", "users/*/:closeConnections", close(([user]) => ofUser(user))],
      ["DELETE", "connections/*", close(([id]) => withId(id))],
      ["HEAD", "connections/*", there(([id]) => withId(id))],
      ["HEAD", "users/*", there(([user]) => ofUser(user))],
      ["HEAD", "groups/*", there(([group]) => inGroup(group))],
      ["GET", "groups/*/connections", (call) => this.#list(call)],
      ["PUT", "groups/*/connections/*", (call) => this.#joinConnection(call)],
      ["DELETE", "groups/*/connections/*", (call) => {
        const [group, id] = call.names;
        return this.#leave(call, withId(id), group);
      }],
      ["PUT", "users/*/groups/*", (call) => {
        const [user, group] = call.names;
        return this.#join(call, ofUser(user), [group]);
      }],
      ["DELETE", "users/*/groups/*", (call) => {
        const [user, group] = call.names;
        return this.#leave(call, ofUser(user), group);
      }],
      [
        "DELETE",
        "users/*/groups",
        (call) => this.#leave(call, ofUser(call.names[0])),
      ],
      [
        "DELETE",
        "connections/*/groups",
        (call) => this.#leave(call, withId(call.names[0])),
      ],
      ["POST", ":addToGroups", (call) => this.#changeMany(call, "join")],
      ["POST", ":removeFromGroups", (call) => this.#changeMany(call, "leave")],
      ["PUT", "permissions/*/connections/*", (call) => this.#permission(call)],
      [
        "DELETE",
        "permissions/*/connections/*",
        (call) => this.#permission(call),
      ],
      ["HEAD", "permissions/*/connections/*", (call) => this.#permission(call)],
      ["POST", ":generateToken", (call) => this.#makeToken(call)],
    ];
  }

  /** Answers a request. */
  async answer(request: RestRequest): Promise<RestAnswer> {
    const { method, url, header } = request;
    if (url.pathname === "/api/health") return OK;
    const token = /^bearer +(\S+)$/i.exec(header("authorization") ?? "")?.[1];
    const { tokens, hosts } = this.#options;
    const claims = token && await tokens.check(token, url, hosts());
    if (!claims) return { status: 401 };
    const segments = decodeAll(url.pathname);
    const [, , hubs, hub = "", ...path] = segments ?? [];
    if (hubs !== "hubs" || !isHub(hub)) return NOT_FOUND;
    const found = this.#routes.filter(([, pattern]) => fits(pattern, path));
    const route = found.find(([each]) => each === method);
    if (route === undefined) {
      return found.length > 0 ? { status: 405 } : NOT_FOUND;
    }
    const names = path.filter((_, index) => route[1].split("/")[index] === "*");
    try {
      return await route[2]({ ...request, hub: hub.toLowerCase(), names });
    } catch (error) {
      if (error instanceof BadRequest || error instanceof FilterError) {
        return {
          status: 400,
          code: "BadRequest",
          json: { message: error.message },
        };
      }
      throw error;
    }
  }

  #find({ hub, url }: Call, test: Test): readonly Connection[] {
    const excluded = new Set(url.searchParams.getAll("excluded"));
    const text = url.searchParams.get("filter");
    const filter = text ? parseFilter(text) : everybody;
    return this.#options.hubs.find(
      hub,
      (connection) =>
        test(connection) && !excluded.has(connection.id) && filter(connection),
    );
  }

  #send(call: Call, test: Test): RestAnswer {
    const payload = readPayload(call);
    const seconds = numberOf(call, "messageTtlSeconds", 0, 300);
    const message: Message = {
      ...payload,
      from: "server",
      ...(seconds > 0 ? { expiresAt: Date.now() + seconds * 1_000 } : {}),
    };
    for (const { outlet } of this.#find(call, test)) outlet?.send(message);
    return { status: 202 };
  }

  #close(call: Call, test: Test): RestAnswer {
    const reason = call.url.searchParams.get("reason") ?? "";
    for (const { outlet } of this.#find(call, test)) outlet?.close(reason);
    return NO_CONTENT;
  }

  #joinConnection(call: Call): RestAnswer {
    const [group, id] = call.names;
    if (this.#find(call, withId(id)).length === 0) return NOT_FOUND;
    return this.#join(call, withId(id), [group]);
  }

  #join(call: Call, test: Test, groups: readonly unknown[]): RestAnswer {
    if (!groups.every(isGroup)) throw new BadRequest("Request names no group");
    for (const connection of this.#find(call, test)) {
      for (const group of groups) this.#options.hubs.join(connection, group);
    }
    return OK;
  }

  /** From one group, or from all. */
  #leave(call: Call, test: Test, group?: string): RestAnswer {
    for (const connection of this.#find(call, test)) {
      const groups = group === undefined ? [...connection.groups] : [group];
      for (const each of groups) this.#options.hubs.leave(connection, each);
    }
    return NO_CONTENT;
  }

  #changeMany(call: Call, what: "join" | "leave"): RestAnswer {
    const { groups, filter } = readJson(call);
    const isList = Array.isArray(groups) && groups.every(isGroup);
    if (!isList || typeof filter !== "string" && filter !== undefined) {
      throw new BadRequest("Request names no groups");
    }
    const test = filter ? parseFilter(filter) : everybody;
    for (const connection of this.#find(call, test)) {
      for (const group of groups) this.#options.hubs[what](connection, group);
    }
    return OK;
  }

  #list(call: Call): RestAnswer {
    const [group = ""] = call.names;
    const members = this.#find(call, inGroup(group))
      .toSorted((a, b) => a.id < b.id ? -1 : 1);
    const page = numberOf(call, "maxpagesize", MAX_PAGE, MAX_PAGE);
    const top = numberOf(call, "top", Infinity, Infinity);
    const after = call.url.searchParams.get("continuationToken") ?? "";
    const rest = members.filter(({ id }) => id > after).slice(0, top);
    const found = rest.slice(0, page);
    const last = found.at(-1);
    const more = new URL(
      call.url.pathname + call.url.search,
      this.#options.endpoint(),
    );
    more.searchParams.set("continuationToken", last?.id ?? "");
    if (top !== Infinity) {
      more.searchParams.set("top", String(top - found.length));
    }
    return {
      status: 200,
      json: {
        value: found.map(({ id, userId }) => ({ connectionId: id, userId })),
        ...(rest.length > found.length ? { nextLink: more.href } : {}),
      },
    };
  }

  #permission(call: Call): RestAnswer {
    const [name, id] = call.names;
    if (!isPermission(name)) {
      throw new BadRequest("Request names no permission");
    }
    const [connection] = this.#find(call, withId(id));
    if (connection === undefined) return NOT_FOUND;
    const role = roleOf(name, call.url.searchParams.get("targetName"));
    switch (call.method) {
      case "PUT":
        connection.roles.add(role);
        return OK;
      case "DELETE":
        connection.roles.delete(role);
        return NO_CONTENT;
      default:
        return connection.roles.has(role) || connection.roles.has(roleOf(name))
          ? OK
          : NOT_FOUND;
    }
  }

  async #makeToken(call: Call): Promise<RestAnswer> {
    const { searchParams } = call.url;
    const roles = searchParams.getAll("role");
    const groups = searchParams.getAll("group");
    const userId = searchParams.get("userId");
    const token = await this.#options.tokens.make({
      ...(userId === null ? {} : { sub: userId }),
      ...(roles.length === 0 ? {} : { role: roles }),
      ...(groups.length === 0 ? {} : { "webpubsub.group": groups }),
    }, {
      audience: `${this.#options.endpoint()}/client/hubs/${call.hub}`,
      minutes: numberOf(call, "minutesToExpire", 60, Infinity),
    });
    return { status: 200, json: { token } };
  }
}

/** The request makes no sense. */
class BadRequest extends Error {}

type Test = (connection: Connection) => boolean;

const everybody: Test = () => true;
const inGroup = (group = ""): Test => ({ groups }) => groups.has(group);
const ofUser = (user = ""): Test => ({ userId }) => userId === user;
const withId = (id = ""): Test => (connection) => connection.id === id;

const OK: RestAnswer = { status: 200 };
const NO_CONTENT: RestAnswer = { status: 204 };
const NOT_FOUND: RestAnswer = { status: 404, code: "NotFound" };

function fits(pattern: string, path: readonly string[]): boolean {
  const parts = pattern.split("/");
  return parts.length === path.length &&
    parts.every((part, index) => part === "*" || part === path[index]);
}

function isPermission(name: string | undefined): name is Permission {
  return name === "joinLeaveGroup" || name === "sendToGroup";
}

/** The parts of a path; `undefined` if they cannot be read. */
function decodeAll(pathname: string): readonly string[] | undefined {
  try {
    return pathname.split("/").map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function readPayload({ header, body }: Call): Omit<Message, "from"> & Message {
  let payload;
  try {
    payload = fromBody(header("content-type") ?? null, body);
  } catch {
    throw new BadRequest("Body is not what its content type says");
  }
  if (payload === undefined) throw new BadRequest("Content type is not known");
  return { ...payload, from: "server" };
}

function readJson({ body }: Call): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    if (typeof value === "object" && value !== null) {
      return value as Record<string, unknown>;
    }
  } catch { /* The same as something else. */ }
  throw new BadRequest("Body is not a JSON object");
}

function numberOf(
  { url }: Call,
  name: string,
  otherwise: number,
  max: number,
): number {
  const text = url.searchParams.get(name);
  if (text === null) return otherwise;
  if (/^\d{1,9}$/.test(text) && Number(text) <= max) return Number(text);
  throw new BadRequest(`"${name}" is not a number that is taken`);
}
