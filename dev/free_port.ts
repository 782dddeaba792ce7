/**
 * Ports for processes that are told theirs: in tests and measurements.
 *
 * @module
 */

/**
 * Ports that no system gives out by itself: one that a server of another test gets for
 * port 0 is never among them, so that whoever answers there is the process meant.
 */
const FIRST = 12_000;
const COUNT = 20_000;

const given = new Set<number>();

/** A port that nobody listens on, and that no other call in this process gets. */
export function freePort(): number {
  for (let tries = 0; tries < 1_000; tries++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (given.has(port)) continue;
    given.add(port);
    if (isFree(port)) return port;
  }
  throw new Error(`No port from ${FIRST} to ${FIRST + COUNT - 1} is free`);
}

/** Of IPv4, and of IPv6 where there is any: the service listens on both. */
function isFree(port: number): boolean {
  return ["0.0.0.0", "::"].every((hostname) => {
    try {
      using _listener = Deno.listen({ hostname, port });
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.AddrInUse) return false;
      if (hostname === "::") return true;
      throw error;
    }
  });
}
