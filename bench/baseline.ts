/**
 * What the service is compared with: a bare gRPC server that makes the same request
 * for each event and does nothing else.
 *
 * A process of its own, started by `bench/main.ts` with the port to listen on and
 * the address of AGS.
 *
 * @module
 */

import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { guardSessions } from "../lib/grpc/session_guard.ts";
import {
  EVENT_SERVICE,
  ITEM_ID,
  NAMESPACE,
  PROTO_FILE,
  PROTO_FOLDER,
  TOKEN,
} from "./scene.ts";

type Call = grpc.ServerUnaryCall<{ readonly userId: string }, object>;
type Answer = grpc.sendUnaryData<object>;

const [port, agsUrl] = Deno.args;

async function grant(userId: string): Promise<void> {
  const response = await fetch(
    `${agsUrl}/platform/admin/namespaces/${NAMESPACE}/users/${userId}/fulfillment`,
    {
      method: "POST",
      headers: {
        authorization: `Bearer ${TOKEN}`,
        accept: "application/json",
        "content-type": "application/json",
      },
      body: JSON.stringify({ itemId: ITEM_ID, quantity: 1, source: "REWARD" }),
    },
  );
  // Unread bodies keep their connections.
  await response.text();
  if (!response.ok) throw new Error(`AGS answered ${response.status}`);
}

function onMessage(call: Call, answer: Answer): void {
  grant(call.request.userId).then(
    () => answer(null, {}),
    (error) => answer({ code: grpc.status.UNAVAILABLE, details: `${error}` }),
  );
}

// Without it the load generator's GOAWAY would end the process.
guardSessions();
const protos = loadSync(join(PROTO_FOLDER, PROTO_FILE));
const server = new grpc.Server({ "grpc.enable_channelz": 0 });
server.addService(protos[EVENT_SERVICE] as grpc.ServiceDefinition, {
  OnMessage: onMessage,
});
server.bindAsync(
  `127.0.0.1:${port}`,
  grpc.ServerCredentials.createInsecure(),
  (error) => {
    if (error !== null) throw error;
  },
);
