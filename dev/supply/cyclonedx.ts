/**
 * A software bill of materials in CycloneDX 1.6: what the executable is made of. The
 * same input makes the same bytes.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { ACCEPTED, isAccepted } from "./licence.ts";
import type { Package } from "./packages.ts";

/** A package, and what it says of its licence. */
export interface BomPackage extends
  Pick<
    Package,
    "id" | "name" | "version" | "dependencies" | "integrity" | "shipped"
  > {
  /** What it says its licence is; `undefined` if it says nothing. */
  readonly licence: string | undefined;
}

/** What the bill is made from. */
export interface BomInput {
  /** Name of the executable. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** Its licence, an SPDX identifier. */
  readonly licence: string;
  /** Version of the Deno that it carries. */
  readonly denoVersion: string;
  /** The packages it can reach. */
  readonly packages: readonly BomPackage[];
  /** Ids of those that it imports itself. */
  readonly direct: readonly string[];
  /** When it was made. @default {left out, so that only the input counts} */
  readonly timestamp?: Date;
}

/** A component, as far as it is written here. */
export interface Component {
  readonly type: "application" | "library" | "platform";
  readonly "bom-ref": string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  /** `excluded`: reachable by the graph, but without code in the executable. */
  readonly scope?: "required" | "excluded";
  readonly hashes?: readonly {
    readonly alg: string;
    readonly content: string;
  }[];
  readonly licenses?: readonly Licence[];
  readonly cpe?: string;
  readonly purl?: string;
}

type Licence =
  | { readonly license: { readonly id: string } }
  | { readonly license: { readonly name: string } }
  | { readonly expression: string };

/** The bill, as far as it is written here. */
export interface Bom {
  readonly bomFormat: "CycloneDX";
  readonly specVersion: "1.6";
  readonly serialNumber: string;
  readonly version: 1;
  readonly metadata: {
    readonly timestamp?: string;
    readonly component: Component;
  };
  readonly components: readonly Component[];
  readonly dependencies: readonly {
    readonly ref: string;
    readonly dependsOn: readonly string[];
  }[];
}

/** CycloneDX's names of the hashes that a subresource integrity text may have. */
const ALGORITHMS: Readonly<Record<string, string>> = {
  sha256: "SHA-256",
  sha384: "SHA-384",
  sha512: "SHA-512",
};

/**
 * Makes the bill.
 *
 * @throws {TypeError} An integrity text is not one.
 */
export function makeBom(input: BomInput): Bom {
  const { denoVersion, packages, timestamp } = input;
  const root: Component = {
    type: "application",
    "bom-ref": `${input.name}@${input.version}`,
    name: input.name,
    version: input.version,
    licenses: [{ license: { id: input.licence } }],
  };
  const runtime: Component = {
    type: "platform",
    "bom-ref": `pkg:github/denoland/deno@v${denoVersion}`,
    name: "deno",
    version: denoVersion,
    scope: "required",
    licenses: [{ license: { id: "MIT" } }],
    cpe: `cpe:2.3:a:deno:deno:${denoVersion}:*:*:*:*:*:*:*`,
    purl: `pkg:github/denoland/deno@v${denoVersion}`,
  };
  const refs = new Map(packages.map((each) => [each.id, purl(each)]));
  const known = (ids: readonly string[]) =>
    ids.flatMap((id) => refs.get(id) ?? []);
  const content = {
    metadata: {
      ...(timestamp && { timestamp: timestamp.toISOString() }),
      component: root,
    },
    components: [runtime, ...packages.map(toComponent)],
    dependencies: [
      {
        ref: root["bom-ref"],
        dependsOn: [runtime["bom-ref"], ...known(input.direct)],
      },
      { ref: runtime["bom-ref"], dependsOn: [] },
      ...packages.map((each) => ({
        ref: purl(each),
        dependsOn: known(each.dependencies),
      })),
    ],
  };
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: serialNumber(JSON.stringify(content)),
    version: 1,
    ...content,
  };
}

function toComponent(each: BomPackage): Component {
  const [name, scope] = each.name.split("/").reverse();
  return {
    type: "library",
    "bom-ref": purl(each),
    ...(scope && { group: scope }),
    name: name ?? each.name,
    version: each.version,
    scope: each.shipped ? "required" : "excluded",
    hashes: [toHash(each.integrity)],
    ...(each.licence !== undefined && { licenses: [toLicence(each.licence)] }),
    purl: purl(each),
  };
}

/** The package URL: npm's type has a scope as its namespace, with its `@` encoded. */
function purl({ name, version }: BomPackage): string {
  return `pkg:npm/${name.replace("@", "%40")}@${encodeURIComponent(version)}`;
}

/** Only what is known to be SPDX may be called so: a bill with another id is invalid. */
function toLicence(licence: string): Licence {
  if (ACCEPTED.has(licence)) return { license: { id: licence } };
  if (isAccepted(licence)) return { expression: licence };
  return { license: { name: licence } };
}

function toHash(integrity: string) {
  const [, name, digest] = /^(\w+)-([A-Za-z0-9+/]+={0,2})$/.exec(integrity) ??
    [];
  const alg = ALGORITHMS[name ?? ""];
  if (alg === undefined || digest === undefined) {
    throw new TypeError(
      `Integrity "${integrity}" is unknown: expected sha256-, sha384- or sha512- ` +
        "and a digest in Base64",
    );
  }
  return { alg, content: Buffer.from(digest, "base64").toString("hex") };
}

/** A UUID made of the content (RFC 9562, version 8: of the maker's own rule). */
function serialNumber(content: string): string {
  const bytes = createHash("sha256").update(content).digest().subarray(0, 16);
  bytes.writeUInt8(bytes.readUInt8(6) & 0x0f | 0x80, 6);
  bytes.writeUInt8(bytes.readUInt8(8) & 0x3f | 0x80, 8);
  const hex = bytes.toString("hex");
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-${
    hex.slice(12, 16)
  }-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
