/**
 * The address of a Redis server, which may contain a password.
 *
 * @module
 */

import { Secret } from "./secret.ts";

/** A parsed Redis URL. Its text form omits the credentials. */
export class RedisUrl {
  /** Host name or address. */
  readonly host: string;
  /** Port. */
  readonly port: number;
  /** Database number. */
  readonly db: number;
  /** Whether the connection uses TLS (`rediss:`). */
  readonly isEncrypted: boolean;
  /** User name, if any. */
  readonly username: string | undefined;
  /** Password, if any. */
  readonly password: Secret | undefined;

  /**
   * Parses `redis[s]://[[user]:password@]host[:port][/database]`.
   *
   * @throws {TypeError} It has another form. The message does not show the URL.
   */
  constructor(text: string) {
    const url = URL.parse(text);
    const path = /^\/?(?<db>\d{1,4})?$/.exec(url?.pathname ?? "?");
    const isRedis = url?.protocol === "redis:" || url?.protocol === "rediss:";
    if (!url || !isRedis || !url.hostname || !path) throw unusable();
    if (url.search !== "" || url.hash !== "") throw unusable();
    const username = decoded(url.username);
    const password = decoded(url.password);
    this.host = url.hostname.replace(/^\[(.*)\]$/, "$1");
    this.port = Number(url.port || 6379);
    this.db = Number(path.groups?.db ?? 0);
    this.isEncrypted = url.protocol === "rediss:";
    this.username = username || undefined;
    this.password = password === "" ? undefined : new Secret(password);
  }

  /** The URL without its credentials. */
  toString(): string {
    const { username, password, port, db } = this;
    const host = this.host.includes(":") ? `[${this.host}]` : this.host;
    const credentials = username || password ? "[secret]@" : "";
    const scheme = this.isEncrypted ? "rediss" : "redis";
    return `${scheme}://${credentials}${host}:${port}/${db}`;
  }

  /** The representation in `JSON.stringify`. */
  toJSON(): string {
    return this.toString();
  }
}

function unusable(): TypeError {
  return new TypeError(
    "Redis URL is invalid: expected redis[s]://[[user]:password@]host[:port][/database]",
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw unusable();
  }
}
