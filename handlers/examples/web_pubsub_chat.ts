import { on } from "event-handler";
import { ConnectionRefused } from "event-handler/web-pubsub";

/**
 * A chat over Azure Web PubSub: greets, counts what a connection says, echoes it, and
 * keeps the user `banned` out.
 *
 * To serve it, add `...chat` to the list in `handlers/mod.ts`, and set
 * `SOURCES=grpc,webPubSub`. `./task dev` then runs an emulator for it:
 *
 * ```sh
 * ./task send webPubSub.message@chat --set content=Hi --set userId=me
 * ```
 */
export const chat = [
  on("webPubSub.connect@chat", ({ data }) => {
    const user = data.claims.sub?.[0] ?? data.query.user?.[0];
    if (user === "banned") throw new ConnectionRefused(403, "You are banned");
    data.state.set("messages", 0);
    return user === undefined ? undefined : { userId: user };
  }),

  on("webPubSub.connected@chat", async ({ data: { connection } }, ctx) => {
    const { id, userId = "stranger" } = connection;
    await ctx.webPubSub.hub().sendToConnection(id, `Welcome, ${userId}`);
  }),

  on("webPubSub.message@chat", ({ data }) => {
    if (data.dataType !== "text") return;
    const messages = Number(data.state.get("messages") ?? 0) + 1;
    data.state.set("messages", messages);
    return `${messages}: ${data.content}`;
  }),

  on("webPubSub.disconnected@chat", ({ data }, ctx) => {
    ctx.log.info("Client left the chat", { reason: data.reason });
  }),
];
