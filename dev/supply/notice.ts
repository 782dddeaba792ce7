/**
 * The licence texts that whoever hands on the executable hands on with it.
 *
 * @module
 */

import { readLicence, readLicenceTexts } from "./licence.ts";
import { type Package, readPackages } from "./packages.ts";

/** A package, and what it says of its licence. */
export interface LicensedPackage
  extends Pick<Package, "id" | "name" | "version" | "shipped"> {
  /** An SPDX expression; `undefined` if it says nothing. */
  readonly licence: string | undefined;
  /** Its licence and notice texts. */
  readonly texts: readonly string[];
}

/** All locked packages, with their licences. */
export async function licensedPackages(): Promise<readonly LicensedPackage[]> {
  return await Promise.all(
    (await readPackages()).all.map(async (each) => ({
      ...each,
      licence: await readLicence(each),
      texts: await readLicenceTexts(each),
    })),
  );
}

/** The texts of the packages that ship: each once, under the packages it is for. */
export function noticeText(packages: readonly LicensedPackage[]): string {
  const owners = new Map<string, string[]>();
  for (const { id, shipped, texts } of packages) {
    if (!shipped) continue;
    for (const text of texts) {
      owners.set(text, [...owners.get(text) ?? [], id]);
    }
  }
  const sections = [...owners].map(([text, ids]) =>
    `${"-".repeat(78)}\n${ids.join("\n")}\n\n${text}\n`
  );
  return `extend-event-handler-deno, under the Apache License 2.0 (LICENSE).

Its executable has code of these packages.

${sections.join("\n")}`;
}
