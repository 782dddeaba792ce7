import assert from "node:assert/strict";
import {
  EventPropertiesError,
  parseEventProperties,
} from "../../../lib/events/properties.ts";

function parse(text: string) {
  return parseEventProperties(text, { file: "a.sc.properties" });
}

function errorOf(text: string): EventPropertiesError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof EventPropertiesError) return error;
    throw error;
  }
  throw new Error("parseEventProperties() did not throw");
}

Deno.test("parseEventProperties() reads keys, classes and line numbers", () => {
  assert.deepEqual(
    parse(
      "# comment\n\nuser.loggedIn = net.shop.UserLoggedInService\n! other\nuser.loggedOut=OutService\n",
    ),
    [
      {
        key: "user.loggedIn",
        className: "net.shop.UserLoggedInService",
        serviceName: "UserLoggedInService",
        line: 3,
      },
      {
        key: "user.loggedOut",
        className: "OutService",
        serviceName: "OutService",
        line: 5,
      },
    ],
  );
});

Deno.test("parseEventProperties() takes three-part and snake_case keys", () => {
  const keys = parse(
    "group.groupCreated.groupCreated = a.B\ndeletion_account_gdpr.done = a.C",
  ).map(({ key }) => key);
  assert.deepEqual(keys, [
    "group.groupCreated.groupCreated",
    "deletion_account_gdpr.done",
  ]);
});

Deno.test("parseEventProperties() takes carriage returns and a byte order mark", () => {
  assert.deepEqual(
    parse("\uFEFF# c\r\na.b = c.D\r\n").map(({ key, line }) => [key, line]),
    [["a.b", 2]],
  );
});

Deno.test("parseEventProperties() returns nothing for an empty file", () => {
  assert.deepEqual(parse(""), []);
});

Deno.test("parseEventProperties() says which line has no equals sign", () => {
  const error = errorOf("# c\nuser.loggedIn net.shop.Service");
  assert.equal(error.file, "a.sc.properties");
  assert.equal(error.line, 2);
  assert.equal(
    error.message,
    'a.sc.properties:2: Line "user.loggedIn net.shop.Service" has no "=": write "channel.eventName = java.package.ServiceName"',
  );
});

Deno.test("parseEventProperties() says which line names no service", () => {
  const error = errorOf("a.b = c.D\n\nuser.loggedIn =");
  assert.equal(error.line, 3);
  assert.match(error.message, /event "user\.loggedIn" names no service: write/);
});

Deno.test.each([
  "loggedIn = a.B",
  " = a.B",
  "a. = a.B",
  "a.b@c = a.B",
  "a.* = a.B",
  "a b.c = a.B",
])("parseEventProperties() refuses the key of %j", (line) => {
  assert.match(
    errorOf(line).message,
    /is not of the form "channel\.eventName"/,
  );
});

Deno.test.each(["a.b = c.D \\", "a.b = c..D", "a.b = c.D = e", "a.b = 1.D"])(
  "parseEventProperties() refuses the class of %j",
  (line) => {
    assert.match(errorOf(line).message, /names no service/);
  },
);

Deno.test("parseEventProperties() says where a key came first", () => {
  const error = errorOf("a.b = c.D\na.c = c.E\na.b = c.F");
  assert.equal(error.line, 3);
  assert.match(error.message, /"a\.b" is already on line 1: remove one/);
});
