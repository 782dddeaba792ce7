/**
 * Lets clients in.
 *
 * @module
 */

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { JWTPayload } from "jose";
import { WebSocketServer } from "ws";
import { Connection } from "./connection.ts";
import { askToConnect, tellConnected, tellDisconnected } from "./events.ts";
import { type Hubs, isGroup, isHub } from "./hubs.ts";
import { JsonClient } from "./json_client.ts";
import { RawClient, type RawMode } from "./raw_client.ts";
import { Session } from "./session.ts";
import type { Tokens } from "./tokens.ts";
import { type Upstream, UpstreamFailure } from "./upstream.ts";

/** Subprotocols of Web PubSub's that the emulator speaks, and whether they are reliable. */
const SUBPROTOCOLS: ReadonlyMap<string, boolean> = new Map([
  ["json.webpubsub.azure.v1", false],
  ["json.reliable.webpubsub.azure.v1", true],
]);

/** Largest message of a client, in bytes. */
const MAX_MESSAGE = 1_048_576;

/** Options of {@linkcode ClientFront}. */
export interface ClientFrontOptions {
  /** Checks tokens. */
  readonly tokens: Tokens;
  /** Whether a client may come without one. */
  readonly allowAnonymous: boolean;
  /** Hosts that the emulator answers for, with their ports. */
  readonly hosts: () => ReadonlySet<string>;
  /** Who is connected. */
  readonly hubs: Hubs;
  /** Where events go. */
  readonly upstream: Upstream;
  /** How long a reliable client may be away, in milliseconds. */
  readonly recoveryTime: number;
  /** Gets a line for all that passes. */
  readonly print: (line: string) => void;
}

interface Client {
  readonly connection: Connection;
  readonly session: Session;
  readonly subprotocol: string;
  reconnectionToken: string;
}

/** A client is not let in. */
class Refusal extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** Lets clients in. */
export class ClientFront {
  readonly #options: ClientFrontOptions;
  readonly #chosen = new WeakMap<IncomingMessage, string>();
  readonly #server: WebSocketServer;
  /** By the id of their connection. */
  readonly #clients = new Map<string, Client>();

  /** Lets nobody in yet. */
  constructor(options: ClientFrontOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: MAX_MESSAGE,
      perMessageDeflate: false,
      handleProtocols: (_, request) => this.#chosen.get(request) ?? false,
    });
    this.#server.on("connection", (socket) => {
      socket.binaryType = "arraybuffer";
    });
  }

  /** Whether a path is one at which clients come in. */
  static isPath(pathname: string): boolean {
    return pathname === "/client" || /^\/client\/hubs\/[^/]+$/.test(pathname);
  }

  /** Takes a handshake: answers it, or lets the client in. */
  async upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Uint8Array,
  ): Promise<void> {
    socket.on("error", () => {});
    try {
      const url = new URL(request.url ?? "/", "http://emulator");
      if (!ClientFront.isPath(url.pathname)) {
        throw new Refusal(404, "No such path");
      }
      if (url.searchParams.has("awps_connection_id")) {
        return this.#recover(request, socket, { head, url });
      }
      await this.#letIn(request, socket, { head, url });
    } catch (error) {
      const status =
        error instanceof Refusal || error instanceof UpstreamFailure
          ? error.status
          : 500;
      const text = error instanceof Error ? error.message : String(error);
      this.#options.print(`✗ client ${status} ${text}`);
      refuse(socket, status);
    }
  }

  /** Ends all connections. */
  terminate(): void {
    for (const { session } of this.#clients.values()) session.terminate();
  }

  async #letIn(
    request: IncomingMessage,
    socket: Duplex,
    { head, url }: { readonly head: Uint8Array; readonly url: URL },
  ): Promise<void> {
    const { upstream, hubs, print } = this.#options;
    const hub = hubOf(url);
    const claims = await this.#claimsOf(request, url, hub);
    const connection = new Connection({
      id: crypto.randomUUID().replaceAll("-", ""),
      hub,
      userId: claims.sub,
      roles: textsOf(claims["role"]),
      groups: groupsOf(claims["webpubsub.group"]),
    });
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",")
      .map((each) => each.trim()).filter((each) => each !== "");
    const chosen = await askToConnect(upstream, connection, {
      claims,
      query: url.searchParams,
      headers: request.headers,
      subprotocols: offered,
    });
    if (socket.destroyed || !socket.writable) {
      // A connect that was accepted always has its end.
      return tellDisconnected(upstream, connection, "The client has gone");
    }
    const subprotocol = chosen ??
      offered.find((each) => SUBPROTOCOLS.has(each));
    if (subprotocol !== undefined) {
      connection.subprotocol = subprotocol;
      this.#chosen.set(request, subprotocol);
    }
    this.#server.handleUpgrade(request, socket, head as never, (webSocket) => {
      webSocket.binaryType = "arraybuffer";
      print(
        `+ ${hub}/${connection.id} ${connection.userId ?? "(anonymous)"} ` +
          (subprotocol ?? "without a subprotocol"),
      );
      hubs.add(connection);
      const session = this.#createSession(connection, url);
      connection.outlet = session;
      session.attach(webSocket);
      tellConnected(upstream, connection);
    });
  }

  #createSession(connection: Connection, url: URL): Session {
    const { hubs, upstream, print, recoveryTime } = this.#options;
    const { id, hub, subprotocol = "" } = connection;
    const isReliable = SUBPROTOCOLS.get(subprotocol);
    const session = new Session({
      recoveryTime: isReliable ? recoveryTime : 0,
      onEnd: (reason) => {
        print(`- ${hub}/${id} ${reason}`);
        this.#clients.delete(id);
        connection.end();
        hubs.remove(connection);
        tellDisconnected(upstream, connection, reason);
      },
    });
    const client: Client = {
      connection,
      session,
      subprotocol,
      reconnectionToken: "",
    };
    this.#clients.set(id, client);
    const common = { connection, wire: session, hubs, upstream };
    session.speak(
      isReliable === undefined
        ? new RawClient({ ...common, mode: modeOf(url) })
        : new JsonClient({
          ...common,
          reconnectionToken: isReliable
            ? () => client.reconnectionToken = crypto.randomUUID()
            : undefined,
          onSequenceAck: (sequenceId) => session.acknowledge(sequenceId),
        }),
    );
    return session;
  }

  /** A reliable client is back; one that nobody knows is let in to be told. */
  #recover(
    request: IncomingMessage,
    socket: Duplex,
    { head, url }: { readonly head: Uint8Array; readonly url: URL },
  ): void {
    const client = this.#clients.get(
      url.searchParams.get("awps_connection_id") ?? "",
    );
    const token = url.searchParams.get("awps_reconnection_token") ?? "";
    const isKnown = client !== undefined && token !== "" &&
      client.reconnectionToken === token;
    const [offered] = (request.headers["sec-websocket-protocol"] ?? "").split(
      ",",
    );
    const subprotocol = client?.subprotocol ?? offered?.trim();
    if (subprotocol) this.#chosen.set(request, subprotocol);
    this.#server.handleUpgrade(request, socket, head as never, (webSocket) => {
      webSocket.binaryType = "arraybuffer";
      if (!isKnown) return webSocket.close(1008, "No such connection");
      const { connection: { hub, id } } = client;
      this.#options.print(`+ ${hub}/${id} is back`);
      client.session.attach(webSocket);
    });
  }

  async #claimsOf(
    request: IncomingMessage,
    url: URL,
    hub: string,
  ): Promise<JWTPayload> {
    const { tokens, allowAnonymous, hosts } = this.#options;
    const token = url.searchParams.get("access_token") ??
      /^bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined) {
      if (allowAnonymous) return {};
      throw new Refusal(401, "Client has no token");
    }
    const wanted = new URL(
      `http://emulator/client/hubs/${encodeURIComponent(hub)}`,
    );
    const claims = await tokens.check(token, wanted, hosts());
    if (claims === undefined) {
      throw new Refusal(401, "Token of the client is not right");
    }
    return claims;
  }
}

function hubOf(url: URL): string {
  const name = url.pathname === "/client"
    ? url.searchParams.get("hub") ?? ""
    : decode(url.pathname.split("/")[3] ?? "");
  if (!isHub(name)) throw new Refusal(400, "Client names no hub");
  return name.toLowerCase();
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function groupsOf(claim: unknown): readonly string[] {
  const groups = textsOf(claim);
  if (!groups.every(isGroup)) throw new Refusal(400, "Token names no group");
  return groups;
}

/** A claim is one text or a list of them. */
function textsOf(claim: unknown): readonly string[] {
  return [claim ?? []].flat().filter((each) => typeof each === "string");
}

/** Of several values the last one counts. */
function modeOf(url: URL): RawMode | undefined {
  const last = (name: string) => url.searchParams.getAll(name).at(-1);
  if (last("webpubsub_mode")?.toLowerCase() !== "sendtogroup") return undefined;
  const group = last("group");
  if (!isGroup(group)) return undefined;
  return { group, noEcho: last("noEcho")?.toLowerCase() === "true" };
}

function refuse(socket: Duplex, status: number): void {
  if (socket.destroyed) return;
  socket.end(
    `HTTP/1.1 ${status} \r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}
