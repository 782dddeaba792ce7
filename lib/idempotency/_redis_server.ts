/**
 * Decides whether a Redis server is usable, by its own description.
 *
 * @module
 */

/** The assessment of a server. */
export interface ServerReport {
  /** Why it cannot store events; follows "Redis at redis://…" in messages. */
  readonly problem?: string;
  /** Why it may forget events although it is usable. */
  readonly warning?: string;
}

/** The oldest version whose scripts may read the time before they write. */
const MIN_VERSION = 5;

/**
 * Assesses a server.
 *
 * @param info Its answer to `INFO`.
 */
export function judgeServer(info: string): ServerReport {
  const field = (name: string) =>
    new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
  if (field("redis_mode") === "sentinel") {
    return {
      problem: "is a sentinel, which stores nothing: give the address of the " +
        "primary that it watches",
    };
  }
  if (field("cluster_enabled") === "1") return { problem: IN_CLUSTER };
  if (field("role") === "slave") {
    const primary = `${field("master_host")}:${field("master_port")}`;
    return {
      problem: `is a replica of ${primary}: give the address of the primary`,
    };
  }
  const version = field("redis_version");
  if (parseInt(version) < MIN_VERSION) {
    return { problem: `is version ${version}: expected 5 or later` };
  }
  if (field("loading") === "1") {
    return { problem: "is still loading its data" };
  }
  const policy = field("maxmemory_policy");
  const isBounded = Number(field("maxmemory") || 0) > 0;
  if (isBounded && policy !== "" && policy !== "noeviction") {
    return {
      warning: `evicts events when its memory is full (maxmemory-policy ` +
        `${policy}): expected noeviction`,
    };
  }
  return {};
}

const IN_CLUSTER = "is a node of a Redis Cluster, which is not supported: " +
  "give the address of a server that is not in cluster mode";

/**
 * Errors of servers that are not, or not yet, writable. Until Redis 7, the
 * error of a script is at the end of the message:
 * `ERR Error running script … -READONLY …`.
 */
const NOT_THE_SERVER =
  /(^|\s-)(READONLY|MASTERDOWN|LOADING|CLUSTERDOWN|MOVED|ASK) /;

/**
 * Whether an error means that another server has to be used, usually because a
 * primary has become a replica. The next connection may find the new one.
 */
export function isForAnother({ message }: Error): boolean {
  return NOT_THE_SERVER.test(message);
}
