/**
 * Matches the path of an upstream.
 *
 * @module
 */

/**
 * Creates a test for a path. It matches exactly, except that `{hub}` and
 * `{event}` stand for one segment each, as in the URL template configured in
 * Web PubSub.
 *
 * @throws {TypeError} The path does not begin with a slash.
 */
export function pathTest(path: string): (pathname: string) => boolean {
  if (!path.startsWith("/")) {
    throw new TypeError(
      `Cannot serve at "${path}": expected a path such as "/upstream"`,
    );
  }
  if (!/\{(hub|event)\}/.test(path)) return (pathname) => pathname === path;
  const source = path.split(/(\{hub\}|\{event\})/).map((part, index) =>
    // Every second part is a placeholder.
    index % 2 === 1 ? "[^/]+" : RegExp.escape(part)
  );
  const pattern = new RegExp(`^${source.join("")}$`);
  return (pathname) => pattern.test(pathname);
}
