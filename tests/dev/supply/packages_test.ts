import assert from "node:assert/strict";
import { type Info, joinPackages } from "../../../dev/supply/packages.ts";

function found(name: string, dependencies: readonly string[] = []) {
  return {
    name,
    version: "1.0.0",
    dependencies: [...dependencies],
    registryUrl: "http://127.0.0.1/",
    localPath: `/cache/${name}/1.0.0`,
  };
}

const INFO: Info = {
  modules: [{ npmPackage: "used@1.0.0" }, {}],
  npmPackages: {
    "used@1.0.0": found("used", ["below@1.0.0_used@1.0.0"]),
    "below@1.0.0_used@1.0.0": found("below", ["used@1.0.0"]),
    "below@1.0.0": found("below", ["else@1.0.0"]),
    "else@1.0.0": found("else"),
  },
};

const LOCK = {
  version: "5" as const,
  npm: Object.fromEntries(
    Object.keys(INFO.npmPackages).map((key) => [key, { integrity: "sha512-" }]),
  ),
};

Deno.test("a package is reachable by imports and dependencies, a circle of them too", () => {
  const { all, direct } = joinPackages(LOCK, INFO, []);
  assert.deepEqual(
    all.map(({ id, reachable }) => [id, reachable]),
    [["below@1.0.0", true], ["else@1.0.0", false], ["used@1.0.0", true]],
  );
  assert.deepEqual(direct, ["used@1.0.0"]);
});

Deno.test("a version resolved with other peers is one package, with the dependencies of both", () => {
  const { all } = joinPackages(LOCK, INFO, []);
  assert.deepEqual(all[0]?.dependencies, ["else@1.0.0", "used@1.0.0"]);
});

Deno.test("a package ships when a file in the bundle is in its folder, and not one beside it", () => {
  const { all } = joinPackages(LOCK, INFO, [
    "/cache/used/1.0.0/index.js",
    "/cache/else/1.0.0-rc/index.js",
  ]);
  assert.deepEqual(
    all.filter(({ shipped }) => shipped).map(({ id }) => id),
    ["used@1.0.0"],
  );
});

Deno.test("a package that is not locked is refused by name", () => {
  const { "else@1.0.0": _, ...npm } = LOCK.npm;
  assert.throws(
    () => joinPackages({ ...LOCK, npm }, INFO, []),
    /else@1\.0\.0 is not in deno\.lock/,
  );
});

Deno.test("a native build for one system is left out, and so is the way to it", () => {
  const native = "native@1.0.0";
  const info = {
    ...INFO,
    npmPackages: {
      ...INFO.npmPackages,
      "used@1.0.0": found("used", [native]),
      [native]: found("native"),
    },
  };
  const npm = { ...LOCK.npm, [native]: { integrity: "sha512-", os: ["aix"] } };
  const { all } = joinPackages({ ...LOCK, npm }, info, []);
  assert.deepEqual(
    all.map(({ id, dependencies }) => [id, dependencies]),
    [["below@1.0.0", ["else@1.0.0", "used@1.0.0"]], ["else@1.0.0", []], [
      "used@1.0.0",
      [],
    ]],
  );
});
