import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type BomInput, makeBom } from "../../../dev/supply/cyclonedx.ts";
import { main, parseEpoch } from "../../../dev/supply/sbom.ts";

const HASH = createHash("sha512").update("archive");

const INPUT: BomInput = {
  name: "app",
  version: "1.0.0",
  licence: "Apache-2.0",
  denoVersion: "2.9.6",
  direct: ["@a/b@1.0.0"],
  packages: [
    {
      id: "@a/b@1.0.0",
      name: "@a/b",
      version: "1.0.0",
      dependencies: ["c@2.0.0-rc.1+x"],
      integrity: `sha512-${HASH.copy().digest("base64")}`,
      licence: "MIT",
      shipped: true,
    },
    {
      id: "c@2.0.0-rc.1+x",
      name: "c",
      version: "2.0.0-rc.1+x",
      dependencies: [],
      integrity: `sha512-${HASH.copy().digest("base64")}`,
      licence: "(MIT OR GPL-3.0-only)",
      shipped: false,
    },
  ],
};

Deno.test("the bill names each package with version, hash, licence and package URL", () => {
  const [, scoped, plain] = makeBom(INPUT).components;
  assert.deepEqual(scoped, {
    type: "library",
    "bom-ref": "pkg:npm/%40a/b@1.0.0",
    group: "@a",
    name: "b",
    version: "1.0.0",
    scope: "required",
    hashes: [{ alg: "SHA-512", content: HASH.copy().digest("hex") }],
    licenses: [{ license: { id: "MIT" } }],
    purl: "pkg:npm/%40a/b@1.0.0",
  });
  assert.equal(plain?.purl, "pkg:npm/c@2.0.0-rc.1%2Bx");
  assert.equal(plain?.scope, "excluded");
  assert.deepEqual(plain?.licenses, [{ expression: "(MIT OR GPL-3.0-only)" }]);
});

Deno.test("the bill calls a licence that is no SPDX identifier by its name", () => {
  const packages = INPUT.packages.map((each) => ({
    ...each,
    licence: "SEE LICENSE IN x",
  }));
  const [, first] = makeBom({ ...INPUT, packages }).components;
  assert.deepEqual(first?.licenses, [{
    license: { name: "SEE LICENSE IN x" },
  }]);
});

Deno.test("the bill has the Deno that the executable carries, and what depends on what", () => {
  const { components, dependencies } = makeBom(INPUT);
  assert.equal(components[0]?.type, "platform");
  assert.equal(components[0]?.version, "2.9.6");
  assert.deepEqual(dependencies, [
    {
      ref: "app@1.0.0",
      dependsOn: ["pkg:github/denoland/deno@v2.9.6", "pkg:npm/%40a/b@1.0.0"],
    },
    { ref: "pkg:github/denoland/deno@v2.9.6", dependsOn: [] },
    {
      ref: "pkg:npm/%40a/b@1.0.0",
      dependsOn: ["pkg:npm/c@2.0.0-rc.1%2Bx"],
    },
    { ref: "pkg:npm/c@2.0.0-rc.1%2Bx", dependsOn: [] },
  ]);
});

Deno.test("the bill's serial number is a UUID that changes with the content only", () => {
  const { serialNumber } = makeBom(INPUT);
  assert.match(
    serialNumber,
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  assert.equal(makeBom(INPUT).serialNumber, serialNumber);
  assert.notEqual(
    makeBom({ ...INPUT, version: "1.0.1" }).serialNumber,
    serialNumber,
  );
});

Deno.test("the bill bears a time only when it is given one", () => {
  assert.equal(makeBom(INPUT).metadata.timestamp, undefined);
  const timestamp = parseEpoch("1700000000");
  assert.ok(timestamp);
  assert.equal(
    makeBom({ ...INPUT, timestamp }).metadata.timestamp,
    "2023-11-14T22:13:20.000Z",
  );
  assert.equal(parseEpoch(""), undefined);
  for (const value of ["yesterday", "-1", "1.5", "9".repeat(20)]) {
    assert.throws(() => parseEpoch(value), /expected seconds since 1970/);
  }
});

Deno.test("the bill refuses an integrity text that it does not know", () => {
  const packages = INPUT.packages.map((each) => ({
    ...each,
    integrity: "md5-AAAA",
  }));
  assert.throws(() => makeBom({ ...INPUT, packages }), /"md5-AAAA" is unknown/);
});

Deno.test("sbom writes this repository's bill, the same bytes each time, and every reference in it leads somewhere", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const [first, second] = [join(folder, "1.json"), join(folder, "2/2.json")];
    const silent = { log: () => {}, error: () => {} };
    assert.equal(await main(["--output", first], silent), 0);
    assert.equal(await main(["--output", second], silent), 0);
    const text = await Deno.readTextFile(first);
    assert.equal(await Deno.readTextFile(second), text);
    const bom: ReturnType<typeof makeBom> = JSON.parse(text);
    const refs = [bom.metadata.component, ...bom.components]
      .map((each) => each["bom-ref"]);
    assert.equal(new Set(refs).size, refs.length);
    assert.deepEqual(bom.dependencies.map(({ ref }) => ref), refs);
    for (const { dependsOn } of bom.dependencies) {
      assert.deepEqual(dependsOn.filter((ref) => !refs.includes(ref)), []);
      assert.equal(new Set(dependsOn).size, dependsOn.length);
    }
    const shipped = bom.components.filter(({ scope }) => scope === "required")
      .map(({ group, name }) => group ? `${group}/${name}` : name);
    for (const name of ["deno", "@grpc/grpc-js", "zod", "protobufjs"]) {
      assert.ok(shipped.includes(name), `${name} ships`);
    }
    for (const name of ["yargs", "cli-progress", "@types/node"]) {
      assert.ok(!shipped.includes(name), `${name} does not ship`);
    }
    for (const { type, hashes, licenses } of bom.components) {
      assert.equal(licenses?.length, 1);
      if (type === "library") {
        assert.match(hashes?.[0]?.content ?? "", /^\w{128}$/);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
