/**
 * A source that exists only here: events come as the bodies of HTTP requests. This folder
 * and one line in the list of sources are all that it takes.
 *
 * @module
 */

import { integer } from "../../../lib/config/kinds.ts";
import { defineSettings } from "../../../lib/config/setting.ts";
import {
  NotReadyError,
  type SourceDefinition,
} from "../../../lib/core/source.ts";

const POSTED_SETTINGS = defineSettings({
  /** The status of what is handled. */
  postedStatus: {
    env: "POSTED_STATUS",
    doc: "HTTP status of posted events that are handled",
    expected: "a number from 200 to 299",
    default: "200",
    schema: integer(200, 299),
  },
});

/** The source, as the service knows it. */
export const postedSource: SourceDefinition<typeof POSTED_SETTINGS> = {
  name: "posted",
  topic: { settings: POSTED_SETTINGS },
  openChannels: ["posted"],
  carries: (type) => type.startsWith("posted."),
  open({ app, config }) {
    const server = Deno.serve({
      hostname: "127.0.0.1",
      port: 0,
      onListen() {},
    }, async (request) => {
      const name = new URL(request.url).pathname.slice(1);
      const { outcome } = await app.dispatch({
        type: `posted.${name}`,
        id: request.headers.get("id") ?? "",
        source: "posted",
        data: await request.text(),
      }, { source: "posted", controller: new AbortController() });
      const status = outcome === "handled" ? config.postedStatus : 409;
      return new Response(outcome, { status });
    });
    return Promise.resolve({
      name: "posted",
      endpoints: [{ label: "HTTP", value: `localhost:${server.addr.port}` }],
      port: server.addr.port,
      ready: () => Promise.reject(new NotReadyError("Door is shut")),
      drain: () => server.shutdown(),
      [Symbol.asyncDispose]: () => server.shutdown(),
    });
  },
};
