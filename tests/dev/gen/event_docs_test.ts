import assert from "node:assert/strict";
import { main } from "../../../dev/gen/event_docs.ts";
import { readCatalog } from "../../../lib/events/catalog.ts";
import { PROTO_ROOT } from "../../../dev/gen/_cli.ts";
import { generate, makeFolder, recordOutput } from "./_fixtures.ts";

const SHOP = `syntax = "proto3";
package accelbyte.shop.v1;
message Sold { string id = 1; string namespace = 2; string user_id = 3; Line payload = 4; }
message Lost { string namespace = 1; Line payload = 2; }
message Line { string namespace = 1; string buyer_user_id = 2; }
message Empty {}
service ShopSoldService { rpc OnMessage(Sold) returns (Empty); }
service ShopOpenedService { rpc OnMessage(Line) returns (Empty); }
service ShopClosedService { rpc OnMessage(Sold) returns (Empty); }
`;
const FILES = {
  "accelbyte-asyncapi/shop/v1/shop.proto": SHOP,
  "accelbyte-asyncapi/shop/v1/shop.sc.properties":
    "shop.sold = net.ShopSoldService\nthe_shop.opened.opened = net.ShopOpenedService\n",
};

/** A section of the document, its lines joined. */
function section(text: string, title: string): string {
  const start = text.indexOf(`# ${title}\n`);
  assert.notEqual(start, -1, title);
  return text.slice(start).split(/\n#+ /)[0]?.replaceAll(/\s+/g, " ") ?? "";
}

async function documentOf(files: Readonly<Record<string, string>>) {
  await using proto = await makeFolder(files);
  await using out = await makeFolder();
  const output = recordOutput();
  assert.equal(
    await main(["--proto", proto.path, "--out", out.path], output),
    0,
  );
  return await out.read("events.md");
}

Deno.test("event docs list each event with service, message, file and fields", async () => {
  const text = await documentOf(FILES);
  assert.match(text, /^The 2 events /m);
  const shop = section(text, "shop");
  assert.match(shop, /In `accelbyte-asyncapi\/shop\/v1\/shop\.proto`, package/);
  assert.match(
    shop,
    /\| `shop\.sold` \| `ShopSoldService` \| `Sold` +\| `namespace`, `payload\.namespace` \| `userId`, `payload\.buyerUserId` \|/,
  );
});

Deno.test("event docs tell what is unlike the others, and guess nothing", async () => {
  const text = await documentOf(FILES);
  assert.match(section(text, "Events without an id"), /- `the_shop\.opened`/);
  assert.match(
    section(text, "Keys that are not in camelCase"),
    /- `the_shop\.\*`/,
  );
  assert.match(section(text, "Keys that two events share"), / None\. $/);
  const left = section(
    text,
    "Events that the vendor's mapping leaves without a service",
  );
  assert.match(left, /- `accelbyte\.shop\.v1\.Lost` in /);
  assert.match(
    left,
    /- `accelbyte\.shop\.v1\.ShopClosedService`, which takes `Sold`,/,
  );
  assert.doesNotMatch(left, /ShopSoldService|v1\.Line`|v1\.Sold`/);
});

Deno.test("event docs list keys that two events share, with both", async () => {
  const other = Object.entries(FILES).map(([path, text]) => [
    path.replaceAll("shop", "market"),
    text.replaceAll("accelbyte.shop", "accelbyte.market"),
  ]);
  const text = await documentOf({ ...FILES, ...Object.fromEntries(other) });
  const shared = section(text, "Keys that two events share");
  assert.match(
    shared,
    /- `shop\.sold`: `shop\.sold@market` \(`accelbyte\.market\.v1\.ShopSoldService`\), `shop\.sold@shop`/,
  );
});

Deno.test("event docs of the project have every event type", async () => {
  await using out = await makeFolder();
  await main(["--out", out.path], recordOutput());
  const text = await out.read("events.md");
  for (const type of readCatalog(PROTO_ROOT).types) {
    assert.ok(text.includes(`\`${type}\``), type);
  }
});

Deno.test("event docs --check says that the document is out of date, and writes nothing", async () => {
  await using proto = await makeFolder(FILES);
  await using out = await makeFolder();
  const args = ["--proto", proto.path, "--out", out.path];
  const output = recordOutput();
  assert.equal(await main([...args, "--check"], output), 1);
  assert.match(
    output.errors.join("\n"),
    /missing {2}events\.md\n1 file differs: run `\.\/task gen`/,
  );
  await assert.rejects(out.read("events.md"), Deno.errors.NotFound);
  assert.equal(await main(args, recordOutput()), 0);
  assert.equal(await main([...args, "--check"], recordOutput()), 0);
});

Deno.test("event docs refuse an unknown option with their usage", async () => {
  await assert.rejects(main(["--chek"], recordOutput()), {
    name: "UsageError",
    message: /Usage: \.\/task gen/,
  });
});

Deno.test("types take keys that say the event's name twice as the service does, with two parts", async () => {
  const events = (await generate(FILES)).get("events.ts") ?? "";
  assert.match(events, /readonly "the_shop\.opened":/);
  assert.doesNotMatch(events, /opened\.opened/);
});
