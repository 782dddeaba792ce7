/**
 * The permission sets of `deno.json`: what each task may do, with the variables of the
 * settings by name.
 *
 * @module
 */

import { allSettings } from "../all_settings.ts";

/** A permission set, as `deno.json` has it. */
interface PermissionSet {
  readonly net?: true;
  readonly env?: true | readonly string[];
  readonly read?: true | readonly string[];
  readonly write?: readonly string[];
  readonly run?: true;
}

/**
 * Variables that libraries look for beside those of the settings, such as
 * `GRPC_VERBOSITY`: what they may not read ends them.
 */
const PREFIXES = [
  "AB_",
  "APP_EVENT_STREAM_",
  "ARCHIVE_",
  "CLIENT_EVENTS_",
  "GRPC_",
  "KAFKA_",
  "OTEL_",
];

/** The variables that the settings name. */
function variables(): readonly string[] {
  const own = allSettings.map(({ env }) => env)
    .filter((env) => !PREFIXES.some((prefix) => env.startsWith(prefix)));
  return [...PREFIXES.map((prefix) => `${prefix}*`), ...own.sort()];
}

/**
 * The sets, by the name that tasks give with `-P`. The development tools may read all
 * variables, so that a new setting can be tried before it is in here.
 */
export function permissionSets(): Readonly<Record<string, PermissionSet>> {
  return {
    service: {
      net: true,
      env: variables(),
      read: ["proto", ".env", "dead-letters", "inbox", "archive"],
      write: ["dead-letters", "inbox", "archive"],
    },
    // Runs the service with the set above, and reads what is watched.
    dev: { net: true, env: true, read: true, run: true },
  };
}

/**
 * The text of `deno.json` with the sets.
 *
 * @param text The file as it is.
 */
export function withPermissions(text: string): string {
  const config = JSON.parse(text) as Record<string, unknown>;
  config.permissions = permissionSets();
  return `${JSON.stringify(config, null, 2)}\n`;
}
