// The same handler with Microsoft's middleware, on Node: its own packages are beside it.
const express = require("express");
const { WebPubSubEventHandler } = require("@azure/web-pubsub-express");

const handler = new WebPubSubEventHandler("chat", {
  path: "/api/webpubsub/hubs/chat",
  handleConnect: (_request, response) => response.success({ groups: ["all"] }),
});
const app = express();
app.use(handler.getMiddleware());
app.listen(Number(process.argv[2]), "127.0.0.1");
