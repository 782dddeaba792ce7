/**
 * Finds the route of a request.
 *
 * @module
 */

import { AppError } from "../core/errors.ts";
import { HttpProblem, type HttpRoute } from "../core/http.ts";

/** A route with the values of its `{name}` parts. */
export interface FoundRoute {
  readonly route: HttpRoute;
  readonly params: Readonly<Record<string, string>>;
}

/** Routes by path and method. */
export interface RouteTable {
  /**
   * Adds a route.
   *
   * @throws {AppError} Its path is invalid, or already has this method.
   */
  add(route: HttpRoute): void;
  /**
   * The methods of a path. A literal path takes precedence over one with
   * `{name}` parts.
   *
   * @throws {HttpProblem} 404: no route has the path. 400: it cannot be decoded.
   */
  methodsOf(path: string): FoundMethods;
}

/** The routes of one path. */
export interface FoundMethods {
  readonly routes: ReadonlyMap<string, HttpRoute>;
  readonly params: Readonly<Record<string, string>>;
}

interface Pattern {
  readonly path: string;
  readonly regexp: RegExp;
  readonly names: readonly string[];
  readonly routes: Map<string, HttpRoute>;
}

const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze({});
const NAME = /\{(\w+)\}/;

/** Creates an empty table. */
export function createRouteTable(): RouteTable {
  const plain = new Map<string, Map<string, HttpRoute>>();
  const patterns: Pattern[] = [];

  function routesAt(path: string): Map<string, HttpRoute> {
    if (!NAME.test(path)) {
      return plain.get(path) ?? setOf(plain, path, new Map());
    }
    const found = patterns.find((each) => each.path === path);
    if (found !== undefined) return found.routes;
    const parts = path.split(/(\{\w+\})/);
    const source = parts.map((part) =>
      NAME.test(part) ? "([^/]+)" : RegExp.escape(part)
    );
    const added = {
      path,
      regexp: new RegExp(`^${source.join("")}$`),
      names: parts.flatMap((part) => NAME.exec(part)?.[1] ?? []),
      routes: new Map(),
    };
    patterns.push(added);
    return added.routes;
  }

  return {
    add(route) {
      const { method, path } = route;
      if (!path.startsWith("/")) {
        throw new AppError(
          `Route's path is "${path}": expected it to begin with a slash`,
        );
      }
      const routes = routesAt(path);
      if (routes.has(method)) {
        throw new AppError(`Route "${method} ${path}" exists already`);
      }
      routes.set(method, route);
    },
    methodsOf(path) {
      const routes = plain.get(path);
      if (routes !== undefined) return { routes, params: NO_PARAMS };
      for (const { regexp, names, routes } of patterns) {
        const match = regexp.exec(path);
        if (match !== null) {
          return { routes, params: paramsOf(names, match.slice(1)) };
        }
      }
      throw new HttpProblem(404, "Path is unknown");
    },
  };
}

function setOf<K, V>(map: Map<K, V>, key: K, value: V): V {
  map.set(key, value);
  return value;
}

function paramsOf(
  names: readonly string[],
  values: readonly string[],
): Readonly<Record<string, string>> {
  try {
    return Object.fromEntries(
      names.map((name, index) => [
        name,
        decodeURIComponent(values[index] ?? ""),
      ]),
    );
  } catch (cause) {
    throw new HttpProblem(400, "Path cannot be decoded", { cause });
  }
}
