import assert from "node:assert/strict";
import {
  type AuditLog,
  auditLogSettings,
  outgoingAuditLog,
} from "../../lib/eventstream/audit_log.ts";
import {
  EncodingError,
  InvalidFieldError,
} from "../../lib/eventstream/errors.ts";

const ID = "0b7c1f6e2d9a4c53a1e4f2089b6d7c11";
const LOG: AuditLog = {
  category: "shop",
  actionName: "refund <all>",
  actor: ID,
  actorType: "USER",
  clientId: ID,
  actorNamespace: "acme",
  objectNamespace: "acme",
};

function write(log: AuditLog): string {
  const { value } = outgoingAuditLog(log, 1_795_285_231_123);
  return new TextDecoder().decode(value)
    .replace(/"_id":"[0-9a-f]{32}"/, '"_id":"ID"');
}

Deno.test("an audit log is written byte for byte as the Go SDK does", () => {
  assert.equal(
    write(LOG),
    String
      .raw`{"_id":"ID","category":"shop","actionName":"refund \u003call\u003e",` +
      `"timestamp":1795285231123,"actor":"${ID}","actorType":"USER",` +
      `"clientId":"${ID}","actorNamespace":"acme","objectNamespace":"acme",` +
      '"payload":{"content":{},"diff":{}}}',
  );
});

Deno.test("an audit log's optional fields have their places", () => {
  const log: AuditLog = {
    ...LOG,
    ip: "127.0.0.1",
    objectId: "o",
    objectType: "order",
    targetUserId: ID,
    deviceId: "d",
    content: { b: 1, a: 2 },
    diff: { before: { x: 1 }, after: { x: 2 } },
  };
  assert.equal(
    write(log),
    String
      .raw`{"_id":"ID","category":"shop","actionName":"refund \u003call\u003e",` +
      `"timestamp":1795285231123,"ip":"127.0.0.1","actor":"${ID}",` +
      `"actorType":"USER","clientId":"${ID}","actorNamespace":"acme",` +
      '"objectId":"o","objectType":"order","objectNamespace":"acme",' +
      `"targetUserId":"${ID}","deviceId":"d","payload":{"content":{"a":2,"b":1},` +
      '"diff":{"before":{"x":1},"after":{"x":2}}}}',
  );
});

for (
  const field of [
    "category",
    "actionName",
    "actor",
    "actorType",
    "clientId",
    "actorNamespace",
    "objectNamespace",
  ] as const
) {
  Deno.test(`an audit log without ${field} is refused`, () => {
    const log = { ...LOG, [field]: "" } as AuditLog;
    assert.throws(
      () => outgoingAuditLog(log, 0),
      (error) => error instanceof InvalidFieldError && error.field === field,
    );
  });
}

for (const field of ["actor", "clientId", "targetUserId"] as const) {
  Deno.test(`an audit log's ${field} has to be an id`, () => {
    assert.throws(
      () => outgoingAuditLog({ ...LOG, [field]: "user123" }, 0),
      (error) => error instanceof InvalidFieldError && error.field === field,
    );
  });
}

Deno.test("an audit log whose content has no JSON is refused", () => {
  const log = { ...LOG, content: { amount: NaN } };
  assert.throws(() => outgoingAuditLog(log, 0), EncodingError);
});

Deno.test("an audit log's key is the given one, or else of no length", () => {
  assert.equal(outgoingAuditLog(LOG, 0).key?.length, 0);
  const { key } = outgoingAuditLog({ ...LOG, key: "k" }, 0);
  assert.equal(new TextDecoder().decode(key), "k");
});

const SWITCH = "APP_EVENT_STREAM_AUDIT_LOG_ENABLED";
const SWITCHED: readonly (readonly [string | undefined, boolean])[] = [
  [undefined, true],
  ["", true],
  ...["1", "t", "T", "TRUE", "true", "True"].map((text) =>
    [text, true] as const
  ),
  ...["0", "f", "F", "FALSE", "false", "False", "yes", "tRUE"].map((text) =>
    [text, false] as const
  ),
];
for (const [value, enabled] of SWITCHED) {
  Deno.test(`audit logs are ${enabled ? "on" : "off"} with ${JSON.stringify(value)}`, () => {
    assert.equal(auditLogSettings({ [SWITCH]: value }).enabled, enabled);
  });
}

Deno.test("audit logs go to their topic", () => {
  assert.equal(auditLogSettings({}).topic, "auditLog");
  const name = "APP_EVENT_STREAM_AUDIT_LOG_TOPIC";
  assert.equal(auditLogSettings({ [name]: "audits" }).topic, "audits");
});
