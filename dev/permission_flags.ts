/**
 * A permission set of `deno.json` as flags: for processes that run elsewhere, where its
 * paths would not be found, and for the executable, which has its flags built in.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/** The flags of a set: `--allow-net`, `--allow-read=proto,.env` and so on. */
export function permissionFlags(name: string): readonly string[] {
  const sets: Readonly<Record<string, object>> = config.permissions;
  const set = sets[name];
  if (set === undefined) {
    throw new TypeError(`Permission set "${name}" is not in deno.json`);
  }
  return Object.entries(set).map(([kind, what]: [string, unknown]) =>
    Array.isArray(what)
      ? `--allow-${kind}=${what.join(",")}`
      : `--allow-${kind}`
  );
}
