import assert from "node:assert/strict";
import { typeFiles } from "../../../dev/gen/types.ts";
import { makeFolder } from "./_fixtures.ts";
import { PATIENCE } from "../../_support/patience.ts";

const PROTO = `syntax = "proto3";
package accelbyte.shop.item.v1;
import "google/protobuf/empty.proto";
import "google/protobuf/struct.proto";
message AnonymousSchema1 { string item_id = 1; google.protobuf.Struct custom = 2; }
message Sold { AnonymousSchema1 payload = 1; int64 version = 2; repeated string tags = 3; }
message Lost { string reason = 1; }
service SoldService { rpc OnMessage(Sold) returns (google.protobuf.Empty); }
service LostService { rpc OnMessage(Lost) returns (google.protobuf.Empty); }
`;

const USE = `import type { EventData, EventType } from "./events.ts";
import type { SoldPayload } from "./shop/item.ts";

declare function on<N extends EventType>(type: N, take: (data: EventData[N]) => void): void;

on("item.sold", (data) => {
  const payload: SoldPayload | undefined = data.payload;
  const id: string | undefined = payload?.itemId;
  const version: string = data.version;
  const count: unknown = payload?.custom?.count;
  void [id, version, count];
});
// @ts-expect-error The payload can be absent.
on("item.sold", (data) => void data.payload.itemId);
// @ts-expect-error A 64-bit integer is text.
on("item.sold", (data) => void (data.version * 2));
// @ts-expect-error Events are read-only.
on("item.sold", (data) => void (data.version = "1"));
// @ts-expect-error Lists are read-only too.
on("item.sold", (data) => data.tags.push("x"));
// @ts-expect-error There is no such event.
on("item.solt", () => {});

on("item.lost", (data) => {
  if ("weight" in data) {
    const weight: number = data.weight;
    void weight;
  }
});
on("item.lost@depot", (data) => void data.weight.toFixed());
on("item.lost@shop", (data) => void data.reason.length);
// @ts-expect-error Only one of the two packages has it.
on("item.lost", (data) => void data.reason);
`;

Deno.test("generated types hold what they promise to a handler's author", async () => {
  await using folder = await makeFolder({
    "shop/item.proto": PROTO,
    "shop/item.sc.properties":
      "item.sold = net.SoldService\nitem.lost = net.LostService\n",
    "depot/item.proto": `syntax = "proto3";
package accelbyte.depot.item.v1;
import "google/protobuf/empty.proto";
message Lost { double weight = 1; }
service LostService { rpc OnMessage(Lost) returns (google.protobuf.Empty); }
`,
    "depot/item.sc.properties": "item.lost = net.LostService\n",
    "deno.json": JSON.stringify({
      compilerOptions: {
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
      },
    }),
    "use.ts": USE,
  });
  for (const [path, text] of await typeFiles(folder.path)) {
    await folder.write(path, text);
  }
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["check", "--quiet", "--no-lock", "use.ts"],
    cwd: folder.path,
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(PATIENCE),
  }).output();
  assert(success, new TextDecoder().decode(stderr));
});
