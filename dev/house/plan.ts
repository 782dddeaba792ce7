/**
 * The house plan: which part of the source may import which.
 *
 * @module
 */

/** A part of the house, and what its files may import. */
export interface Part {
  /** A file, or a folder: those end with a slash. */
  readonly path: string;
  /** Parts, or parts of them, that it may import. */
  readonly imports: readonly string[];
  /** What it may import by type only. */
  readonly types?: readonly string[];
  /** The only packages and built-in modules it may import. @default {any} */
  readonly packages?: readonly string[];
  /** Global names that it may not use. */
  readonly without?: readonly string[];
}

/** What every part of the service may use. */
const BASE = ["lib/core/", "lib/config/"];
/** Sources, AGS, stores, sinks and telemetry: they do not know each other. */
const EDGES = [
  "admin",
  "ags",
  "archive",
  "capture",
  "dead_letters",
  "destinations",
  "eventstream",
  "grpc",
  "http",
  "idempotency",
  "inbox",
  "jwt",
  "kafka",
  "telemetry",
].map((name) => `lib/${name}/`);
/** What an edge may import beside the base: a room that it is built on. */
const FOUNDATIONS: Readonly<Record<string, readonly string[]>> = {
  "lib/capture/": ["lib/jwt/"],
  "lib/grpc/": ["lib/events/", "lib/jwt/"],
  "lib/idempotency/": ["lib/ags/"],
  "lib/kafka/": ["lib/events/", "lib/eventstream/"],
};
/** What handlers may import: each has a word in the import map. */
const FACES = [
  "lib/destinations/mod.ts",
  "lib/eventstream/mod.ts",
  "lib/mod.ts",
  "lib/ags/mod.ts",
  "lib/config/mod.ts",
  "lib/webpubsub/mod.ts",
];
const SERVICE = ["main.ts", "mod.ts", "handlers/", "lib/", "proto/"];

/** The house plan, bottom up. */
export const PARTS: readonly Part[] = [
  { path: "proto/", imports: ["proto/"] },
  {
    path: "lib/core/",
    imports: ["lib/core/"],
    types: ["lib/config/", "lib/webpubsub/", "handlers/settings.ts", "proto/"],
    packages: ["fastest-levenshtein", "node:crypto"],
    without: ["Deno", "fetch", "globalThis"],
  },
  {
    path: "lib/matching/",
    imports: ["lib/matching/", "lib/core/"],
    packages: ["ipaddr.js"],
    without: ["Deno", "fetch", "globalThis"],
  },
  { path: "lib/config/", imports: ["lib/config/"] },
  { path: "lib/events/", imports: ["lib/events/", ...BASE], types: ["proto/"] },
  {
    path: "lib/middleware/",
    imports: ["lib/middleware/", "lib/events/", ...BASE],
    types: ["proto/"],
  },
  ...EDGES.map((path) => ({
    path,
    imports: [path, "lib/middleware/", ...FOUNDATIONS[path] ?? [], ...BASE],
    types: ["proto/"],
  })),
  {
    path: "lib/webpubsub/source/",
    imports: ["lib/webpubsub/", ...BASE],
    types: ["proto/"],
  },
  // A library of its own, for any server: it knows nothing of the service.
  {
    path: "lib/webpubsub/",
    imports: ["lib/webpubsub/"],
    packages: ["jose", "node:buffer", "node:crypto"],
    without: ["Deno", "process"],
  },
  {
    path: "lib/process/",
    imports: ["lib/process/", "lib/events/", ...BASE, ...EDGES],
  },
  { path: "lib/handler_context.ts", imports: BASE },
  {
    path: "lib/sources.ts",
    imports: ["lib/core/", "lib/webpubsub/source/", ...EDGES],
  },
  // For tests: with the emulator, which never ships.
  { path: "lib/testing/", imports: ["lib/", "dev/"] },
  {
    path: "lib/service/",
    imports: [
      "lib/service/",
      "lib/handler_context.ts",
      "lib/middleware/",
      "lib/webpubsub/source/",
      ...BASE,
      ...EDGES,
    ],
  },
  { path: "lib/service.ts", imports: ["lib/"] },
  {
    path: "lib/mod.ts",
    imports: ["lib/core/", "lib/matching/", "lib/ags/errors.ts"],
    types: ["lib/", "handlers/settings.ts", "proto/"],
  },
  { path: "mod.ts", imports: ["lib/mod.ts"] },
  { path: "handlers/", imports: ["handlers/", ...FACES], types: ["proto/"] },
  { path: "emulator/", imports: ["emulator/", "dev/emulator/stub.ts"] },
  { path: "main.ts", imports: ["handlers/", "lib/"] },
  { path: "dev/", imports: [...SERVICE, "deno.json", "dev/"] },
  { path: "bench/", imports: [...SERVICE, "deno.json", "dev/", "bench/"] },
  {
    path: "tests/",
    imports: [...SERVICE, "deno.json", "dev/", "bench/", "tests/"],
  },
];
