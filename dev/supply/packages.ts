/**
 * The packages that `deno.lock` pins: what they are, and which of them are in the
 * executable.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** One package, at the one version that is locked. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** Name and version, as in {@linkcode Package.dependencies}. */
  readonly id: string;
  /** Ids of the packages it depends on, sorted. */
  readonly dependencies: readonly string[];
  /** Hash of its archive, as a subresource integrity text (`sha512-…`). */
  readonly integrity: string;
  /** Where it is on this machine. */
  readonly folder: string;
  /** Whether `main.ts` can reach it, by imports and dependencies. */
  readonly reachable: boolean;
  /** Whether the executable has code of it. */
  readonly shipped: boolean;
}

/** The packages, and which of them are imported. */
export interface Packages {
  /** All that are locked, sorted by id. */
  readonly all: readonly Package[];
  /** Ids of those that `main.ts` and what it imports import themselves, sorted. */
  readonly direct: readonly string[];
}

/** What a registry can be asked about. */
export interface LockedVersions {
  /** Versions by package name. */
  readonly versions: Readonly<Record<string, readonly string[]>>;
  /** Base address of the registry that they come from. */
  readonly registry: string;
}

/** The packages cannot be told. The message says what to do. */
export class PackagesError extends Error {
  override name = "PackagesError";
}

/** The repository. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

/** Time for one run of Deno, in milliseconds. */
const TIMEOUT = 120_000;

const lockSchema = z.object({
  version: z.literal("5"),
  npm: z.record(
    z.string(),
    z.object({
      integrity: z.string(),
      /** Set for a package's native build for one system. */
      os: z.array(z.string()).optional(),
    }),
  ),
});

const infoSchema = z.object({
  modules: z.array(z.object({ npmPackage: z.string().optional() })),
  npmPackages: z.record(
    z.string(),
    z.object({
      name: z.string(),
      version: z.string(),
      dependencies: z.array(z.string()),
      registryUrl: z.string(),
      localPath: z.string(),
    }),
  ),
});

/** What `deno info --json` says, as far as it is looked at. */
export type Info = z.infer<typeof infoSchema>;

/** What `deno.lock` says, as far as it is looked at. */
export type Lock = z.infer<typeof lockSchema>;

/**
 * Looks at the repository: its lock, its module graph and its bundle, which is made
 * the way `./task compile` makes it.
 *
 * @throws {PackagesError} Deno failed, or a file is not as expected.
 */
export async function readPackages(): Promise<Packages> {
  const lock = parse(
    "deno.lock",
    lockSchema,
    await Deno.readTextFile(join(ROOT, "deno.lock")),
  );
  return joinPackages(lock, await readInfo(), await bundledFiles());
}

/**
 * Looks at the lock alone: all packages, whatever they are for.
 *
 * @throws {PackagesError} Deno failed, or there are no packages.
 */
export async function readLockedVersions(): Promise<LockedVersions> {
  const info = await readInfo();
  const versions: Record<string, string[]> = {};
  for (const { name, version } of Object.values(info.npmPackages)) {
    const known = versions[name] ??= [];
    if (!known.includes(version)) known.push(version);
  }
  return { versions, registry: registryOf(info) };
}

/** The module graph of `main.ts`, and all packages that the lock resolves. */
async function readInfo(): Promise<Info> {
  return parse(
    "deno info",
    infoSchema,
    await deno(["info", "--json", "main.ts"]),
  );
}

function registryOf(info: Info): string {
  const [first] = Object.values(info.npmPackages);
  if (first === undefined) {
    throw new PackagesError("No package found: expected those in deno.lock");
  }
  return first.registryUrl;
}

/**
 * Brings together what the lock, the module graph and the bundle say.
 *
 * A native build for one system belongs to the package that has it as an optional
 * dependency, and is there on machines of that kind only: it is left out, so that every
 * machine tells the same.
 *
 * @param bundled Paths of the files in the bundle.
 * @throws {PackagesError} They do not agree.
 */
export function joinPackages(
  lock: Lock,
  info: Info,
  bundled: readonly string[],
): Packages {
  const roots = info.modules.flatMap(({ npmPackage }) => npmPackage ?? []);
  const reachable = reach(info, roots);
  const all = new Map<string, Package>();
  const isNative = (key: string) => lock.npm[key]?.os !== undefined;
  for (const [key, found] of Object.entries(info.npmPackages)) {
    if (isNative(key)) continue;
    const integrity = lock.npm[key]?.integrity;
    if (integrity === undefined) {
      throw new PackagesError(
        `Package ${key} is not in deno.lock: expected a lock that is up to date`,
      );
    }
    const { name, version, localPath } = found;
    const id = idOf(info, key);
    // One version resolved with different peers is one package all the same.
    const twin = all.get(id);
    const dependencies = found.dependencies.filter((each) => !isNative(each))
      .map((each) => idOf(info, each));
    const folder = localPath.replace(/\/*$/, "/");
    all.set(id, {
      name,
      version,
      id,
      dependencies: sorted([...dependencies, ...twin?.dependencies ?? []]),
      integrity,
      folder: localPath,
      reachable: reachable.has(key) || twin?.reachable === true,
      shipped: bundled.some((file) => file.startsWith(folder)),
    });
  }
  return {
    all: [...all.values()].sort((a, b) => a.id < b.id ? -1 : 1),
    direct: sorted(roots.map((key) => idOf(info, key))),
  };
}

function reach(info: Info, roots: readonly string[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [...roots];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (reached.has(key)) continue;
    reached.add(key);
    open.push(...info.npmPackages[key]?.dependencies ?? []);
  }
  return reached;
}

function idOf(info: Info, key: string): string {
  const found = info.npmPackages[key];
  if (found === undefined) {
    throw new PackagesError(`Package ${key} is imported, but not resolved`);
  }
  return `${found.name}@${found.version}`;
}

/** Absolute paths of the files whose code is in the bundle, by its source map. */
async function bundledFiles(): Promise<readonly string[]> {
  const folder = await Deno.makeTempDir();
  try {
    const output = join(folder, "main.js");
    await deno([
      "bundle",
      "--quiet",
      "--platform=deno",
      "--sourcemap=external",
      `--output=${output}`,
      "main.ts",
    ]);
    const map = parse(
      "The bundle's source map",
      z.object({ sources: z.array(z.string()) }),
      await Deno.readTextFile(`${output}.map`),
    );
    // They are relative to the folder that the bundle is in.
    return map.sources.map((source) => join(folder, source));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function deno(args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(TIMEOUT),
  }).output();
  if (success) return new TextDecoder().decode(stdout);
  const text = new TextDecoder().decode(stderr).trim();
  throw new PackagesError(`deno ${args[0]} failed: ${text}`);
}

function parse<T>(what: string, schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new PackagesError(`${what} is not as expected: ${cause}`, { cause });
  }
}

function sorted(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)].sort();
}
