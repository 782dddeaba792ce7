/**
 * The route table: each emulated service brings a list of routes written as
 * AGS's OpenAPI paths, and the router finds the one a request is for.
 *
 * @module
 */

import type { Answer, Permission } from "./errors.ts";

/** What a handler is given. */
export interface Call {
  /** Path parameters, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** Query string without the question mark. */
  readonly query: string;
  /** Request headers with lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Request body; empty when there is none. */
  readonly body: string;
  /** Kinds of the faults that change what a handler answers. */
  readonly effects: ReadonlySet<string>;
}

/** One operation of an emulated service. */
export interface Route {
  /** HTTP method. */
  readonly method: "DELETE" | "GET" | "PATCH" | "POST" | "PUT";
  /** OpenAPI path, for instance `/iam/v3/oauth/jwks`. */
  readonly template: string;
  /** Whether the caller needs a token, and the permission it stands for. */
  readonly permission?: Permission;
  /** Shape of errors that are answered before the handler runs. */
  readonly errors?: "oauth";
  /** Whether the journal keeps the request body. Never for credentials. */
  readonly journalBody?: boolean;
  /** Answers the call. */
  handle(call: Call): Answer | Promise<Answer>;
}

/** What the router says of a request. */
export type Match =
  | {
    readonly kind: "found";
    readonly route: Route;
    readonly params: Readonly<Record<string, string>>;
  }
  | {
    readonly kind: "methodNotAllowed";
    readonly allow: readonly string[];
    readonly errors: Route["errors"];
  }
  | { readonly kind: "badPath"; readonly message: string }
  | { readonly kind: "notFound" };

/** Longest path parameter, in characters; AGS's own identifiers have 32. */
export const MAX_SEGMENT = 256;

interface Node {
  readonly literals: Map<string, Node>;
  wildcard?: Node;
  readonly routes: Map<string, Route>;
}

/**
 * Builds the function that finds the route of a request.
 *
 * @param routes All routes of all services.
 * @throws {TypeError} If two routes share a method and a path.
 */
export function createRouter(
  routes: readonly Route[],
): (method: string, path: string) => Match {
  const root = createNode();
  const names = new Map<Route, readonly string[]>();
  for (const route of routes) {
    const node = insert(root, route.template);
    if (node.routes.has(route.method)) {
      throw new TypeError(
        `Cannot add the route ${route.method} ${route.template}: it exists already`,
      );
    }
    node.routes.set(route.method, route);
    names.set(route, parameterNames(route.template));
  }
  return (method, path) => {
    const raw: string[] = [];
    const node = find(root, path.split("/").slice(1), raw);
    if (node === undefined) return { kind: "notFound" };
    const route = node.routes.get(method);
    if (route === undefined) {
      const allow = [...node.routes.keys()];
      const errors = node.routes.values().next().value?.errors;
      return { kind: "methodNotAllowed", allow, errors };
    }
    const params: Record<string, string> = {};
    for (const [index, name] of (names.get(route) ?? []).entries()) {
      const value = decodeSegment(raw[index] ?? "");
      if (value === undefined) {
        return { kind: "badPath", message: `invalid path parameter ${name}` };
      }
      params[name] = value;
    }
    return { kind: "found", route, params };
  };
}

function createNode(): Node {
  return { literals: new Map(), routes: new Map() };
}

function insert(root: Node, template: string): Node {
  let node = root;
  for (const segment of template.split("/").slice(1)) {
    if (segment.startsWith("{")) {
      node = node.wildcard ??= createNode();
      continue;
    }
    let child = node.literals.get(segment);
    if (child === undefined) {
      child = createNode();
      node.literals.set(segment, child);
    }
    node = child;
  }
  return node;
}

/** A literal segment wins over a parameter; if it leads nowhere, go back. */
function find(
  node: Node,
  segments: readonly string[],
  raw: string[],
): Node | undefined {
  const segment = segments[0];
  if (segment === undefined) return node.routes.size > 0 ? node : undefined;
  const rest = segments.slice(1);
  const literal = node.literals.get(segment);
  if (literal !== undefined) {
    const found = find(literal, rest, raw);
    if (found !== undefined) return found;
  }
  if (node.wildcard === undefined || segment === "") return undefined;
  raw.push(segment);
  const found = find(node.wildcard, rest, raw);
  if (found === undefined) raw.pop();
  return found;
}

function parameterNames(template: string): readonly string[] {
  return [...template.matchAll(/\{([^}]+)\}/g)].map((match) => match[1] ?? "");
}

/**
 * Decodes one path segment. Like the servers AGS runs on, it refuses what
 * would turn one segment into several or hide control characters.
 */
function decodeSegment(segment: string): string | undefined {
  let value = segment;
  if (segment.includes("%")) {
    try {
      value = decodeURIComponent(segment);
    } catch {
      return undefined;
    }
  }
  if (value === "." || value === ".." || value.length > MAX_SEGMENT) {
    return undefined;
  }
  // deno-lint-ignore no-control-regex -- control characters are the point
  return /[\u0000-\u001f\u007f/\\]/.test(value) ? undefined : value;
}
