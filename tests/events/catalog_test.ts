import assert from "node:assert/strict";
import { join } from "node:path";
import { readCatalog } from "../../lib/events/catalog.ts";
import { EventPropertiesError } from "../../lib/events/properties.ts";
import { ProtoFileError } from "../../lib/events/proto_files.ts";
import { makeFolder, PROTO_FOLDER } from "../grpc/_fixture.ts";

const IAM = "accelbyte-asyncapi/iam/account/v1/account";

Deno.test("readCatalog() finds the example handlers' events in the project's files", () => {
  const { events, types, protoFolder } = readCatalog(PROTO_FOLDER);
  assert.equal(protoFolder, PROTO_FOLDER);
  const loggedIn = events.find(({ key }) =>
    key === "userAuthentication.userLoggedIn"
  );
  assert.match(loggedIn?.declaredAt ?? "", /account\.sc\.properties:\d+$/);
  assert.deepEqual({ ...loggedIn, declaredAt: "" }, {
    key: "userAuthentication.userLoggedIn",
    types: ["userAuthentication.userLoggedIn"],
    package: "accelbyte.iam.account.v1",
    serviceName: "UserAuthenticationUserLoggedInService",
    serviceNames: ["UserAuthenticationUserLoggedInService"],
    protoFile: `${IAM}.proto`,
    declaredAt: "",
  });
  assert.ok(types.includes("userAuthentication.userThirdPartyLoggedIn"));
  assert.deepEqual(types, [...new Set(types)].sort());
});

Deno.test("readCatalog() reads properties files only, in any folder below", () => {
  using folder = makeFolder({
    "accelbyte-asyncapi/a/b/v1/b.sc.properties": "c.one = x.OneService",
    "accelbyte-asyncapi/a/b/v1/b.proto": "this is not proto",
    "accelbyte-asyncapi/a/b/v1/b.mc.properties":
      "neither is this = a properties file",
    "accelbyte-asyncapi/a/c/d/v2/d.sc.properties": "\n\nc.two = x.TwoService",
    "other/e.sc.properties": "c.three = x.ThreeService",
  });
  assert.deepEqual(readCatalog(folder.path).events, [
    {
      key: "c.one",
      types: ["c.one"],
      package: "accelbyte.a.b.v1",
      serviceName: "OneService",
      serviceNames: ["OneService"],
      protoFile: "accelbyte-asyncapi/a/b/v1/b.proto",
      declaredAt: "accelbyte-asyncapi/a/b/v1/b.sc.properties:1",
    },
    {
      key: "c.two",
      types: ["c.two"],
      package: "accelbyte.a.c.d.v2",
      serviceName: "TwoService",
      serviceNames: ["TwoService"],
      protoFile: "accelbyte-asyncapi/a/c/d/v2/d.proto",
      declaredAt: "accelbyte-asyncapi/a/c/d/v2/d.sc.properties:3",
    },
  ]);
});

Deno.test("readCatalog() takes the group file's three-part keys as two-part ones", () => {
  using folder = makeFolder({
    "accelbyte-asyncapi/group/group/v1/group.sc.properties":
      "group.groupCreated.groupCreated = net.accelbyte.group.group.GroupCreatedService\n" +
      "group.memberJoined.memberLeft = net.accelbyte.group.group.MemberService\n",
  });
  assert.deepEqual(readCatalog(folder.path).types, [
    "group.groupCreated",
    // Not twice the same: not ours to shorten.
    "group.memberJoined.memberLeft",
  ]);
});

Deno.test("readCatalog() qualifies a key that two packages use", () => {
  using folder = makeFolder({
    "accelbyte-asyncapi/session/session/v1/session.sc.properties":
      "mpv2SessionHistory.MatchHistoryEvent = net.a.SessionService",
    "accelbyte-asyncapi/matchmaking_v2/match/v1/match.sc.properties":
      "mpv2SessionHistory.MatchHistoryEvent = net.b.MatchService",
  });
  const { events, types } = readCatalog(folder.path);
  assert.deepEqual(
    events.map(({ package: name, types }) => [name, ...types]),
    [
      [
        "accelbyte.matchmaking_v2.match.v1",
        "mpv2SessionHistory.MatchHistoryEvent@matchmaking_v2",
        "mpv2SessionHistory.MatchHistoryEvent",
      ],
      [
        "accelbyte.session.session.v1",
        "mpv2SessionHistory.MatchHistoryEvent@session",
        "mpv2SessionHistory.MatchHistoryEvent",
      ],
    ],
  );
  assert.deepEqual(types, [
    "mpv2SessionHistory.MatchHistoryEvent",
    "mpv2SessionHistory.MatchHistoryEvent@matchmaking_v2",
    "mpv2SessionHistory.MatchHistoryEvent@session",
  ]);
});

Deno.test("readCatalog() names file and line of what makes no sense", () => {
  using folder = makeFolder({
    "accelbyte-asyncapi/a/b/v1/b.sc.properties": "# comment\nno equals sign\n",
  });
  assert.throws(() => readCatalog(folder.path), (error) => {
    assert.ok(error instanceof EventPropertiesError);
    assert.equal(error.file, "accelbyte-asyncapi/a/b/v1/b.sc.properties");
    assert.equal(error.line, 2);
    return true;
  });
});

Deno.test("readCatalog() names the proto folder that has no event files", () => {
  using folder = makeFolder();
  assert.throws(
    () => readCatalog(folder.path),
    (error) =>
      error instanceof ProtoFileError &&
      error.message.startsWith(
        `${
          join(folder.path, "accelbyte-asyncapi")
        }: Event files cannot be read`,
      ),
  );
});

Deno.test("readCatalog() names the properties file that cannot be read", () => {
  const file = "accelbyte-asyncapi/a/b/v1/b.sc.properties";
  using folder = makeFolder({ "accelbyte-asyncapi/a/b/v1/b.proto": "" });
  Deno.symlinkSync("nowhere", join(folder.path, file));
  assert.throws(() => readCatalog(folder.path), {
    name: "ProtoFileError",
    message: `${file}: Event files cannot be read: expected AGS's files there`,
  });
});

Deno.test("readCatalog() names both lines of an event that a package declares twice", () => {
  const v1 = "accelbyte-asyncapi/a/b/v1";
  using folder = makeFolder({
    [`${v1}/one.sc.properties`]: "# first\nc.d = x.OneService",
    [`${v1}/two.sc.properties`]: "c.d.d = x.TwoService",
  });
  assert.throws(() => readCatalog(folder.path), {
    name: "EventPropertiesError",
    message:
      `${v1}/two.sc.properties:1: Event key "c.d" is already declared at ` +
      `${v1}/one.sc.properties:2: remove one of the two lines`,
  });
});
