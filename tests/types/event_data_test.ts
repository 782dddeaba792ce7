/**
 * What the compiler knows of events: one of each kind. A line that no longer behaves
 * as its comment says does not compile, and these tests do not run.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import type {
  UserLoggedInPayload,
} from "../../proto/accelbyte-asyncapi/iam/account/v1/account.ts";
import type { EventData } from "../../proto/events.ts";
import type { JsonObject, JsonValue } from "../../proto/json.ts";
import {
  type Event,
  type EventFor,
  type EventMap,
  type MatchingType,
  on,
} from "../../mod.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";
import { propertyOf } from "../events/_specified_value.ts";
import {
  SPECIFICATION,
  type SpecifiedField,
} from "../events/_specification.ts";

/** Whether two types are the same, `readonly` and `undefined` included. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends
  (<T>() => T extends B ? 1 : 2) ? true : false;

/** Compiles only when its type argument is `true`. */
function exactly<T extends true>(..._proof: readonly T[]): void {}

type Payload<N extends keyof EventData> = EventData[N] extends
  { readonly payload?: infer P } ? NonNullable<P> : never;

Deno.test("a payload that AGS calls AnonymousSchema has its event's name", () => {
  type Type = "userAuthentication.userLoggedIn";
  exactly<Same<Payload<Type>, UserLoggedInPayload>>();
  const handler = on("userAuthentication.userLoggedIn", ({ data }) => {
    const payload: UserLoggedInPayload | undefined = data.payload;
    // @ts-expect-error -- A message may be absent.
    void (data.payload satisfies UserLoggedInPayload);
    exactly<
      Same<Exclude<typeof payload, undefined>, UserLoggedInPayload>
    >();
  });
  assert.equal(handler.types.length, 1);
});

Deno.test("a Struct is JSON, and so is what is inside", () => {
  type Data = Payload<"statistic.statItemUpdated">;
  exactly<Same<Data["additionalData"], JsonObject | undefined>>();
  const read = (data: Data): JsonValue | undefined => {
    // @ts-expect-error -- Protobuf's own form of it is not seen.
    void data.additionalData?.fields.kind;
    return data.additionalData?.["kind"];
  };
  assert.equal(typeof read, "function");
});

Deno.test("a 64-bit integer is text, and others are numbers", () => {
  exactly<
    Same<EventData["walletProcessing.walletDebited"]["version"], string>
  >();
  type Catalog =
    import("../../proto/accelbyte-asyncapi/ecommerce/catalog/v1/catalog.ts").Item;
  exactly<Same<Catalog["itemQty"], Readonly<Record<string, number>>>>();
  exactly<
    Same<
      Catalog["regionData"],
      Readonly<Record<string, readonly JsonValue[]>>
    >
  >();
  const version = (data: EventData["walletProcessing.walletDebited"]) => {
    // @ts-expect-error -- A number would lose digits.
    return data.version + 1 satisfies number;
  };
  assert.equal(typeof version, "function");
});

Deno.test("a key that packages share is their union, and each has a type of its own", () => {
  type Key = "mpv2SessionHistory.MatchHistoryEvent";
  type Both = EventMap[`${Key}@session` | `${Key}@matchmaking_v2`];
  exactly<Same<EventMap[Key]["data"], Both["data"]>>();
  exactly<
    Same<EventFor<`${Key}@session`>, Event<EventData[`${Key}@session`]>>
  >();
  const handler = on(
    "mpv2SessionHistory.MatchHistoryEvent@session",
    (event) => {
      void (event.data.sessionId satisfies string);
    },
  );
  const other = on(
    "mpv2SessionHistory.MatchHistoryEvent@matchmaking_v2",
    (event) => {
      // @ts-expect-error -- The other package's message has it.
      void event.data.sessionId;
    },
  );
  assert.notDeepEqual(handler.types, other.types);
});

Deno.test("keys of three parts have two, and irregular ones are as AGS writes them", () => {
  on("group.groupCreated", ({ data }) => void (data.groupId satisfies string));
  const wrong = [
    // @ts-expect-error -- As the properties file writes it.
    on("group.groupCreated.groupCreated", () => {}),
  ];
  const irregular = on(
    "deletion_account_gdpr.gdprRequestDataDeletionResponse",
    () => {},
  );
  exactly<
    Same<
      MatchingType<"groupRoles.*">,
      "groupRoles.groupRoleAssigned" | "groupRoles.groupRoleRemoved"
    >
  >();
  assert.equal(wrong.length + irregular.types.length, 2);
});

const SCALARS: Readonly<Record<string, string>> = {
  string: "string",
  int64: "string",
  int32: "number",
  double: "number",
  float: "number",
  bool: "boolean",
  "google.protobuf.Struct": "JsonObject",
  "google.protobuf.ListValue": "readonly JsonValue[]",
  "google.protobuf.Timestamp": "string",
};

/** A property as it has to be written; messages are names of any kind. */
function property(field: SpecifiedField): string {
  const { type, oneof } = field;
  const name = propertyOf(field);
  const [, value] = /^map<\w+,([\w.]+)>$/.exec(type) ?? [];
  const typeOf = (type: string) => SCALARS[type] ?? "Message";
  if (value !== undefined) {
    return `${name}: Readonly<Record<string, ${typeOf(value)}>>`;
  }
  if (type.endsWith("[]")) {
    return `${name}: readonly ${typeOf(type.slice(0, -2))}[]`;
  }
  const hasPresence = /^[A-Z]|\./.test(type) || oneof !== undefined;
  return hasPresence
    ? `${name}?: ${typeOf(type)} | undefined`
    : `${name}: ${typeOf(type)}`;
}

Deno.test("every message has a type with the properties that AGS specifies, marked where deprecated", () => {
  let deprecated = 0;
  for (const { path, messages } of SPECIFICATION) {
    const text = Deno.readTextFileSync(
      join(PROTO_FOLDER, path.replace(/\.proto$/, ".ts")),
    );
    for (const [name, fields] of messages) {
      const [, body] = new RegExp(
        `^export (?:interface ${name} \\{\\n(.*?)^\\}|` +
          `type ${name} = Readonly<Record<string, never>>;)`,
        "ms",
      ).exec(text) ?? assert.fail(`${path} has no type ${name}`);
      // Newer files of AGS's may add to it.
      const names = new Set<string | undefined>(fields.map(propertyOf));
      const properties = (body ?? "").replace(
        /\/\*\*.*?\*\//gs,
        (comment) => comment.includes("@deprecated") ? "OLD" : "",
      )
        .split(";").map((each) =>
          each.replace(/\s+/g, " ").replace(/: \| /, ": ")
            .replace(/\breadonly (?=\w+\??:)/, "").trim()
        ).filter((each) =>
          names.has(each.replace(/^OLD /, "").match(/^\w+/)?.[0])
        );
      const known =
        /\b(?!(?:Json\w+|Readonly|Record)\b)[A-Z]\w*(?=$|\[|>| \|)/g;
      assert.deepEqual(
        properties.map((each) => each.replace(known, "Message")),
        fields.map((field) =>
          `${field.deprecated ? "OLD " : ""}${property(field)}`
        ),
        `${path} ${name}`,
      );
      deprecated += fields.filter(({ deprecated }) => deprecated).length;
    }
  }
  assert.equal(deprecated, 20);
});
