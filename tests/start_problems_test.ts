/**
 * What a start that cannot succeed says, through `main.ts` in a process of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { freePort } from "../dev/free_port.ts";
import { type Checkout, makeCheckout } from "./_support/checkout.ts";

const SHOP = "accelbyte-asyncapi/shop/order/v1/order";
const PROPERTIES = `proto/${SHOP}.sc.properties`;
const PROTO = `proto/${SHOP}.proto`;

const HEAD = `syntax = "proto3";
package accelbyte.shop.order.v1;
import "google/protobuf/empty.proto";
`;
const PLACED = `message Placed {
  string id = 1;
}
service PlacedService {
  rpc OnMessage(Placed) returns (google.protobuf.Empty) {}
}
`;

/** Handlers of these types, whether the compiler knows them or not. */
function handlersFor(...types: readonly string[]): string {
  return `import { on, type EventType, type Handler } from "event-handler";
export const handlers: readonly Handler[] = [
${
    types.map((type) => `  on(${JSON.stringify(type)} as EventType, () => {}),`)
      .join("\n")
  }
];
`;
}

interface Problem {
  /** What is wrong, in the test's name. */
  readonly what: string;
  /** The types that handlers name. */
  readonly types?: readonly string[];
  /** Files of the checkout that are not as they were. */
  readonly files?: Readonly<Record<string, string>>;
  /** Makes what a file's text does not. */
  readonly arrange?: (checkout: Checkout) => void;
  /** What it says, line by line. */
  readonly says: (checkout: Checkout) => readonly string[];
}

const ORDER: Readonly<Record<string, string>> = {
  [PROPERTIES]: "# Orders\norder.placed = net.shop.PlacedService\n",
  [PROTO]: HEAD + PLACED,
};

const PROBLEMS: readonly Problem[] = [
  {
    what: "an event type that does not exist",
    types: [
      "userAuthentication.userLogedIn",
      "nothing.like.it.at.all.anywhere",
    ],
    says: () => [
      'handlers/mod.ts:3: Event type "userAuthentication.userLogedIn" does not exist: ' +
      'did you mean "userAuthentication.userLoggedIn"',
      'handlers/mod.ts:4: Event type "nothing.like.it.at.all.anywhere" does not exist',
    ],
  },
  {
    what: "a type that two handlers take",
    types: ["userRoles.userRolesCreated", "userRoles.userRolesCreated"],
    says: () => [
      'handlers/mod.ts:4: Event type "userRoles.userRolesCreated" is handled twice by "mod": ' +
      "expected another name for each handler",
    ],
  },
  {
    what: "a handler of a key whose two messages differ",
    types: ["mpv2SessionHistory.MatchHistoryEvent"],
    says: ({ read }) => {
      const [matchmaking, session] = [
        "accelbyte-asyncapi/matchmaking_v2/notification/v1/notification",
        "accelbyte-asyncapi/session/session/v1/session",
      ].map((stem) => {
        const lines = read(`proto/${stem}.sc.properties`).split("\n");
        const index = lines.findIndex((line) =>
          line.startsWith("mpv2SessionHistory.MatchHistoryEvent =")
        );
        return `${stem}.sc.properties:${index + 1}`;
      });
      return [
        `${session}: Event type "mpv2SessionHistory.MatchHistoryEvent" has two ` +
        `messages of different shape, this one and that of ${matchmaking}: name ` +
        '"mpv2SessionHistory.MatchHistoryEvent@matchmaking_v2" or ' +
        '"mpv2SessionHistory.MatchHistoryEvent@session" in the handler, or all of ' +
        "them in a list",
      ];
    },
  },
  {
    what: "a proto file with a syntax error",
    types: ["order.placed"],
    files: {
      ...ORDER,
      [PROTO]: `${HEAD}message Placed {\n  string id 1;\n}\n`,
    },
    says: () => [
      `${SHOP}.proto:5: Illegal token '1', '=' expected: expected a valid proto file`,
    ],
  },
  {
    what: "a proto file with a field number twice",
    types: ["order.placed"],
    files: {
      ...ORDER,
      [PROTO]:
        `${HEAD}message Placed {\n  string id = 1;\n  string at = 1;\n}\n`,
    },
    says: () => [
      `${SHOP}.proto:6: Field number 1 of message "Placed" is taken twice: give one ` +
      "of the two fields another number",
    ],
  },
  {
    what: "a proto file with a type that does not exist",
    types: ["order.placed"],
    files: {
      ...ORDER,
      [PROTO]: HEAD + PLACED.replace("string id", "Nothing id"),
    },
    says: () => [
      `${SHOP}.proto:5: Type "Nothing" of "id" is not declared: declare it, or ` +
      "import the file that does",
    ],
  },
  {
    what: "a proto file with an import that does not exist",
    types: ["order.placed"],
    files: {
      ...ORDER,
      [PROTO]: `${HEAD}import "shop/parts.proto";\n${PLACED}`,
    },
    says: ({ path }) => [
      `${SHOP}.proto:4: Import "shop/parts.proto" cannot be read: expected the file ` +
      `in ${join(path, "proto")}`,
    ],
  },
  {
    what: "a proto file that cannot be read",
    types: ["order.placed"],
    files: { [PROPERTIES]: ORDER[PROPERTIES]! },
    arrange: ({ path }) => Deno.mkdirSync(join(path, PROTO)),
    says: ({ path }) => [
      `${SHOP}.proto: The file cannot be read: expected it in ${
        join(path, "proto")
      }`,
    ],
  },
  {
    what: "a properties line that names no service",
    types: ["order.lost"],
    files: {
      ...ORDER,
      [PROPERTIES]: `${ORDER[PROPERTIES]}order.lost = net.shop.LostService\n`,
    },
    says: () => [
      `${SHOP}.sc.properties:3: Service "accelbyte.shop.order.v1.LostService" of event ` +
      `"order.lost" is not in ${SHOP}.proto: name a service of that file that has one ` +
      "method, or remove the handler",
    ],
  },
  {
    what: 'a properties line without "="',
    files: {
      ...ORDER,
      [PROPERTIES]: "\norder.placed net.shop.PlacedService\n",
    },
    says: () => [
      `${SHOP}.sc.properties:2: Line "order.placed net.shop.PlacedService" has no "=": ` +
      'write "channel.eventName = java.package.ServiceName"',
    ],
  },
  {
    what: "an event that two properties files declare",
    files: {
      ...ORDER,
      [PROPERTIES.replace("order.sc", "second.sc")]: ORDER[PROPERTIES]!,
    },
    says: () => [
      `${
        SHOP.replace(/order$/, "second")
      }.sc.properties:2: Event key "order.placed" ` +
      `is already declared at ${SHOP}.sc.properties:2: remove one of the two lines`,
    ],
  },
  {
    what: "a proto folder without event files",
    arrange: ({ path }) =>
      Deno.removeSync(join(path, "proto", "accelbyte-asyncapi"), {
        recursive: true,
      }),
    says: ({ path }) => [
      `${
        join(path, "proto", "accelbyte-asyncapi")
      }: Event files cannot be read: expected AGS's files there`,
    ],
  },
];

for (const { what, types, files, arrange, says } of PROBLEMS) {
  Deno.test(`main.ts ends with code 1 before it opens a port for ${what}`, async () => {
    using checkout = makeCheckout({
      ...files,
      ...(types !== undefined && {
        "handlers/mod.ts": handlersFor(...types),
      }),
    });
    arrange?.(checkout);
    // The port is taken: to open it would be another problem, and say so.
    using taken = Deno.listen({ hostname: "0.0.0.0", port: 0 });
    const { code, stdout, stderr } = await checkout.deno(
      ["run", "--quiet", "--no-prompt", "--no-check", "-A", "main.ts"],
      {
        GRPC_PORT: `${taken.addr.port}`,
        METRICS_PORT: `${freePort()}`,
        LOG_LEVEL: "info",
      },
    );
    assert.deepEqual(stderr.trimEnd().split("\n"), says(checkout));
    assert.equal(code, 1);
    assert.doesNotMatch(stdout, /Service started/);
    assert.match(stdout, /Service cannot start/);
  });
}
