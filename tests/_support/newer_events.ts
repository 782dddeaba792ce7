/**
 * Newer event files of AGS's, to copy over those in `proto/`.
 *
 * @module
 */

import type { Checkout } from "./checkout.ts";

export const ACCOUNT = "proto/accelbyte-asyncapi/iam/account/v1/account";
export const GUILD = "proto/accelbyte-asyncapi/guild/hall/v2/guild-hall";
const GROUP = "proto/accelbyte-asyncapi/group/group/v1/group";
const SESSION = "proto/accelbyte-asyncapi/session/session/v1/session";

/** The account file a year on, written as the vendor writes: one more event. */
function newerAccount(old: string): string {
  const [head = "", ...rest] = old.split(/^(?=option )/m);
  return `// Copyright (c) 2027. All rights reserved.
// source: account.yaml (2.0.0)

${head}
import "google/protobuf/any.proto";
import public "google/protobuf/timestamp.proto";

/* --- options --- */
option optimize_for = SPEED;
${rest.join("")}
// --- schema objects ---

// path: #/components/schemas/AnonymousSchema9001
message AnonymousSchema9001 {
    option deprecated = false;
    reserved 3, 7 to 9;
    reserved "old_name";
    enum Kind { KIND_UNKNOWN = 0; KIND_HARDWARE = 1; }
    message Device { string device_model = 1 [json_name = "deviceModel"]; }
    Kind kind = 1 [json_name = "kind"];
    map<string, Device> devices = 2 [json_name = "devices"]; // by id
    optional int64 used_count = 4 [json_name = "usedCount", deprecated = true];
    oneof proof { string pin = 5; bytes seal = 6; }
    repeated Device recent = 10;
    google.protobuf.Timestamp first_used = 11;
    google.protobuf.Any more = 12;
}

message UserPasskeyLoggedIn {
    AnonymousSchema9001 payload = 1 [json_name = "payload"];
    string id = 2 [json_name = "id"];
    string namespace = 5 [json_name = "namespace"];
    string user_id = 9 [json_name = "userId"];
};

// Publishes a message to the channel. (userAuthentication.userPasskeyLoggedIn)
service UserAuthenticationUserPasskeyLoggedInService {
    option deprecated = false;
    rpc OnMessage(UserPasskeyLoggedIn) returns (google.protobuf.Empty) {
        option idempotency_level = IDEMPOTENT;
    }
}
`;
}

export const PASSKEY = "userAuthentication.userPasskeyLoggedIn";
const PASSKEY_LINE =
  `${PASSKEY} = net.accelbyte.iam.account.UserAuthenticationUserPasskeyLoggedInService`;

const GUILD_TEXT = `syntax = "proto3";
package accelbyte.guild.hall.v2;
import "google/protobuf/empty.proto";
message GuildRaised { string id = 1; string guild_name = 2; }
service GuildRaisedService {
  rpc OnMessage(GuildRaised) returns (google.protobuf.Empty);
}
`;

/** Copies newer files over the checkout's. */
export function dropIn({ read, write }: Checkout): void {
  write(`${ACCOUNT}.proto`, newerAccount(read(`${ACCOUNT}.proto`)));
  write(
    `${ACCOUNT}.sc.properties`,
    `${read(`${ACCOUNT}.sc.properties`)}\n# Passkeys\r\n${PASSKEY_LINE}\r\n`,
  );
  write(`${GUILD}.proto`, GUILD_TEXT);
  write(
    `${GUILD}.sc.properties`,
    "guild.raised = net.accelbyte.guild.hall.GuildRaisedService\n" +
      "guild.razed = net.accelbyte.guild.hall.GuildRazedService",
  );
  // As AGS itself writes these: names twice, and services that are not there.
  write(
    `${GROUP}.sc.properties`,
    "# Group Service Events\n" +
      ["group", "groupMember"].flatMap((channel) =>
        read(`${GROUP}.sc.properties`).split("\n")
          .filter((line) => line.startsWith(`${channel}.`))
          .map((line) =>
            line.replace(/^\w+\.(\w+)/, "$&.$1")
              .replace("PayloadService", "Service")
          )
      ).join("\n"),
  );
  write(
    `${SESSION}.sc.properties`,
    "session.onPartyCreated = net.accelbyte.session.session.SessionOnPartyCreatedService\n" +
      read(`${SESSION}.sc.properties`),
  );
}
