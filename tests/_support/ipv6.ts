/**
 * What the machine of a test can do.
 *
 * @module
 */

/** Whether this machine has IPv6. */
export const HAS_IPV6: boolean = (() => {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
})();

/** How this machine is called by itself, by each family that it has. */
export const OWN_ADDRESSES: readonly string[] = HAS_IPV6
  ? ["127.0.0.1", "::1"]
  : ["127.0.0.1"];
