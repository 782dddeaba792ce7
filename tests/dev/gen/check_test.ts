import assert from "node:assert/strict";
import { UsageError } from "../../../dev/command_line.ts";
import { FactsError } from "../../../dev/gen/facts.ts";
import { main as protos } from "../../../dev/gen/protos.ts";
import { main as types } from "../../../dev/gen/types.ts";
import { makeFolder, recordOutput } from "./_fixtures.ts";

const PROTO = `syntax = "proto3";
package shop.v1;
import "google/protobuf/empty.proto";
message Sold { string item_id = 1; }
service SoldService { rpc OnMessage(Sold) returns (google.protobuf.Empty); }
`;
const FILES = {
  "shop/shop.proto": PROTO,
  "shop/shop.sc.properties": "shop.sold = net.shop.SoldService\n",
};

const FACTS = JSON.stringify({
  files: ["chat", "shop"].map((name) => ({
    file: `accelbyte/${name}/item/v1/item.proto`,
    package: `accelbyte.${name}.item.v1`,
    imports: ["google/protobuf/any.proto", "google/protobuf/empty.proto"],
    options: { java_package: `net.accelbyte.${name}.item` },
    enums: {},
    messages: { Sold: [["item_id", 1, "string", { json: "itemId" }]] },
    services: {
      ItemSoldService: {
        method: "OnMessage",
        request: "Sold",
        response: "google.protobuf.Empty",
        events: ["item.sold"],
      },
    },
  })),
});

Deno.test("types writes only what changed", async () => {
  await using folder = await makeFolder(FILES);
  const output = recordOutput();
  assert.equal(await types(["--proto", folder.path], output), 0);
  await folder.write("shop/shop.proto", PROTO.replace("item_id", "sku"));
  assert.equal(await types(["--proto", folder.path], output), 0);
  assert.equal(await types(["--proto", folder.path], output), 0);
  assert.deepEqual(output.logged, [
    "3 files generated: 3 written, 0 removed",
    "3 files generated: 1 written, 0 removed",
    "3 files generated: 0 written, 0 removed",
  ]);
  assert.match(await folder.read("shop/shop.ts"), /readonly sku: string;/);
});

Deno.test("types --check accepts what types wrote and writes nothing itself", async () => {
  await using folder = await makeFolder(FILES);
  const output = recordOutput();
  assert.equal(await types(["--proto", folder.path, "--check"], output), 1);
  await assert.rejects(folder.read("events.ts"), Deno.errors.NotFound);
  assert.deepEqual(output.errors, [
    "missing  events.ts\nmissing  json.ts\nmissing  shop/shop.ts",
    "3 files differ: run `./task gen`",
  ]);
  await types(["--proto", folder.path], output);
  assert.equal(await types(["--proto", folder.path, "--check"], output), 0);
  assert.equal(output.errors.length, 2);
});

Deno.test("types --check finds an edit by hand and shows the line", async () => {
  await using folder = await makeFolder(FILES);
  const output = recordOutput();
  await types(["--proto", folder.path], output);
  const text = await folder.read("shop/shop.ts");
  const edited = text.replace("readonly itemId: string;", "itemId: string;");
  assert.notEqual(edited, text);
  await folder.write("shop/shop.ts", edited);
  assert.equal(await types(["--proto", folder.path, "--check"], output), 1);
  const line = edited.split("\n").indexOf("  itemId: string;") + 1;
  assert.equal(
    output.errors[0],
    `differs  shop/shop.ts:${line}\n  found:  "  itemId: string;"\n  wanted: "  readonly itemId: string;"`,
  );
  assert.equal(await folder.read("shop/shop.ts"), edited);
});

Deno.test("types removes generated files whose proto file is gone, and no others", async () => {
  await using folder = await makeFolder(FILES);
  const output = recordOutput();
  await types(["--proto", folder.path], output);
  await folder.write("shop/hand.ts", "export const mine = true;\n");
  await Deno.rename(
    `${folder.path}/shop/shop.proto`,
    `${folder.path}/shop/store.proto`,
  );
  await Deno.rename(
    `${folder.path}/shop/shop.sc.properties`,
    `${folder.path}/shop/store.sc.properties`,
  );
  assert.equal(await types(["--proto", folder.path, "--check"], output), 1);
  assert.match(output.errors[0] ?? "", /^stale {4}shop\/shop\.ts$/m);
  assert.equal(await types(["--proto", folder.path], output), 0);
  assert.equal(output.logged.at(-1), "3 files generated: 2 written, 1 removed");
  await assert.rejects(folder.read("shop/shop.ts"), Deno.errors.NotFound);
  assert.equal(
    await folder.read("shop/hand.ts"),
    "export const mine = true;\n",
  );
});

Deno.test("types writes to another folder when told", async () => {
  await using folder = await makeFolder(FILES);
  await using out = await makeFolder();
  const args = ["--proto", folder.path, "--out", out.path];
  assert.equal(await types(args, recordOutput()), 0);
  assert.match(await out.read("shop/shop.ts"), /export interface Sold/);
  await assert.rejects(folder.read("shop/shop.ts"), Deno.errors.NotFound);
});

Deno.test("types says how its command line goes", async () => {
  await assert.rejects(types(["--chek"]), (error) => {
    assert(error instanceof UsageError);
    assert.match(error.message, /--chek.*Usage: \.\/task gen/s);
    return true;
  });
});

Deno.test("protos writes proto and properties files, and --check finds an edit", async () => {
  await using folder = await makeFolder({ "facts.json": FACTS });
  const args = [`${folder.path}/facts.json`, "--out", `${folder.path}/proto`];
  const output = recordOutput();
  assert.equal(await protos(args, output), 0);
  assert.equal(await protos([...args, "--check"], output), 0);
  const path = "proto/accelbyte-asyncapi/shop/item/v1/item.proto";
  const text = await folder.read(path);
  await folder.write(path, text.replace("item_id = 1", "item_id = 2"));
  assert.equal(await protos([...args, "--check"], output), 1);
  assert.match(
    output.errors[0] ?? "",
    /^differs {2}accelbyte-asyncapi\/shop\/item\/v1\/item\.proto:\d+\n {2}found: {2}" {2}string item_id = 2;"\n {2}wanted: " {2}string item_id = 1;"$/,
  );
  assert.equal(output.errors.length, 2);
});

Deno.test("protos --only takes the files under these folders alone", async () => {
  await using folder = await makeFolder({ "facts.json": FACTS });
  const out = `${folder.path}/proto`;
  const args = [
    `${folder.path}/facts.json`,
    "--out",
    out,
    "--only",
    "shop/item",
  ];
  const output = recordOutput();
  assert.equal(await protos(args, output), 0);
  assert.equal(output.logged[0], "3 files generated: 3 written, 0 removed");
  await folder.read("proto/accelbyte-asyncapi/shop/item/v1/item.proto");
  await assert.rejects(
    folder.read("proto/accelbyte-asyncapi/chat/item/v1/item.proto"),
    Deno.errors.NotFound,
  );
});

Deno.test("protos --only refuses a folder without files", async () => {
  await using folder = await makeFolder({ "facts.json": FACTS });
  await assert.rejects(
    protos([`${folder.path}/facts.json`, "--only", "sho"]),
    new UsageError(
      'No file lies under "sho": expected folders such as "iam" or "iam/account"',
    ),
  );
});

Deno.test("protos refuses facts it does not know, and says where", async () => {
  await using folder = await makeFolder({
    "facts.json": FACTS.replace('{"json":"itemId"}', '{"repeted":true}'),
    "text.json": "not JSON",
  });
  await assert.rejects(protos([`${folder.path}/facts.json`]), (error) => {
    assert(error instanceof FactsError);
    assert.match(error.message, /files\[0\]\.messages\.Sold\[0\]/);
    return true;
  });
  await assert.rejects(protos([`${folder.path}/text.json`]), FactsError);
});

Deno.test("protos wants one facts file", async () => {
  await assert.rejects(protos([]), UsageError);
  await assert.rejects(protos(["a.json", "b.json"]), UsageError);
});
