// deno-lint-ignore-file no-console -- The line it prints says that it serves.

/**
 * The service with as many handlers as its argument says, each for an event of another
 * proto file, the largest first. It prints its port once it takes events.
 *
 * @module
 */

import { SOURCES } from "../lib/sources.ts";
import { join } from "node:path";
import { settings } from "../dev/reference/mod.ts";
import { parseConfig } from "../lib/config/table.ts";
import type { Config } from "../lib/core/config.ts";
import type { EventType } from "../lib/core/event.ts";
import { on } from "../lib/core/on.ts";
import { readCatalog } from "../lib/events/catalog.ts";
import { startService } from "../lib/service.ts";
import { startLogging } from "../lib/telemetry/log.ts";
import { PROTO_FOLDER } from "./scene.ts";

const events = Map.groupBy(
  readCatalog(PROTO_FOLDER).events,
  ({ protoFile }) => protoFile,
);
const files = [...events.keys()]
  .map((file) => ({ file, size: Deno.statSync(join(PROTO_FOLDER, file)).size }))
  .sort((a, b) => b.size - a.size)
  .slice(0, Number(Deno.args[0]));
const handlers = files.map(({ file }) =>
  on(events.get(file)?.[0]?.types[0] as EventType, () => {})
);
const { config } = parseConfig(
  {
    AB_BASE_URL: "http://127.0.0.1:1",
    AB_CLIENT_ID: "bench-client",
    AB_CLIENT_SECRET: "bench-secret",
    AB_NAMESPACE: "bench",
    ITEM_ID_TO_GRANT: "bench-item",
  },
  settings,
  SOURCES,
);
const { log } = startLogging({ level: "error", format: "json" });
const service = await startService({
  config: { ...config as Config, grpcPort: 0, metricsPort: 0 },
  handlers,
  protoFolder: PROTO_FOLDER,
  log,
});
console.log(service.portOf("grpc"));
