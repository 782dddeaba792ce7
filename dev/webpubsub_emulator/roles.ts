/**
 * What a client may do with groups.
 *
 * @module
 */

/** Something that takes a role. */
export type Permission = "joinLeaveGroup" | "sendToGroup";

/** Most stars in one pattern. */
const MAX_STARS = 5;

/** Whether roles allow something with a group. */
export function allows(
  roles: Iterable<string>,
  permission: Permission,
  group: string,
): boolean {
  const all = `webpubsub.${permission}`;
  const patterns = `${all}s.`;
  for (const role of roles) {
    if (role === all || role === `${all}.${group}`) return true;
    if (role.startsWith(patterns)) {
      if (patternOf(role.slice(patterns.length))?.test(group)) return true;
    }
  }
  return false;
}

/** The role that a permission for a group, or for all of them, is. */
export function roleOf(permission: Permission, group?: string | null): string {
  return `webpubsub.${permission}${group ? `.${group}` : ""}`;
}

/**
 * `?` is one character and `*` any number of them, none of them a dot; `**` is any
 * number of any; a backslash takes the meaning away.
 *
 * @returns `undefined` for one with too many stars, which the service does not take.
 */
function patternOf(pattern: string): RegExp | undefined {
  if (pattern.replaceAll(/\\./gs, "").split("*").length - 1 > MAX_STARS) return;
  const source = pattern.replaceAll(
    /\\(.)|\*\*|\*|\?|[^]/gsu,
    (part, escaped) => {
      if (escaped !== undefined) return RegExp.escape(escaped);
      switch (part) {
        case "**":
          return "[^]*";
        case "*":
          return "[^.]*";
        case "?":
          return "[^.]";
        default:
          return RegExp.escape(part);
      }
    },
  );
  return new RegExp(`^${source}$`, "u");
}
