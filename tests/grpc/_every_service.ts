/**
 * The real service, serving every service of AGS's specification.
 *
 * @module
 */

import { join } from "node:path";
import type { DescMessage } from "@bufbuild/protobuf";
import type { Event } from "../../lib/core/event.ts";
import { readCatalog } from "../../lib/events/catalog.ts";
import { type Service, startService } from "../../lib/service.ts";
import { testConfig } from "../_support/config.ts";
import { testHandler } from "../_support/delivery.ts";
import { recordLog } from "../_support/log.ts";
import { copyProtoFolder, type Folder } from "./_fixture.ts";
import { connect } from "./_grpc.ts";
import { SPECIFICATION, specifiedMessage } from "../events/_specification.ts";

/** One service of the specification. */
export interface Served {
  /** Full name of the service. */
  readonly name: string;
  /** The method's path. */
  readonly path: string;
  /** Its package. */
  readonly package: string;
  /** The vendor's key, or the one that {@linkcode startEveryService} gave it. */
  readonly key: string;
  /** What it takes. */
  readonly request: DescMessage;
}

/** Every service of the specification, in its order. */
export const EVERY_SERVICE: readonly Served[] = SPECIFICATION.flatMap((file) =>
  file.services.map(({ name, method, request, events }) => ({
    name: `${file.package}.${name}`,
    path: `/${file.package}.${name}/${method}`,
    package: file.package,
    key: shortKey(events[0]) ?? `unmapped.${name}`,
    request: specifiedMessage(`${file.package}.${request}`),
  }))
);

/** Group keys have the event's name twice. */
function shortKey(key: string | undefined): string | undefined {
  return key?.replace(/^(\w+)\.(\w+)\.\2$/, "$1.$2");
}

/** What {@linkcode startEveryService} started. */
export interface EveryService extends AsyncDisposable {
  /** The service. */
  readonly service: Service;
  /** A client of it. */
  readonly client: ReturnType<typeof connect>["client"];
}

/**
 * Starts the service with one handler for everything. Services that AGS's mapping
 * leaves without an event get one, in a copy of the proto folder.
 */
export async function startEveryService(
  handle: (event: Event) => void,
): Promise<EveryService> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(everyServiceFolder());
  const { types } = readCatalog(folder.path);
  const service = stack.use(
    await startService({
      config: testConfig({ logLevel: "error", idempotencyStore: "none" }),
      protoFolder: folder.path,
      handlers: [testHandler(handle, { types, anyNamespace: true })],
      log: recordLog(),
    }),
  );
  const { client } = stack.use(connect(service.portOf("grpc")));
  const running = stack.move();
  return {
    service,
    client,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function everyServiceFolder(): Folder {
  const folder = copyProtoFolder();
  for (const file of SPECIFICATION) {
    const lines = file.services.filter(({ events }) => events.length === 0)
      .map(({ name }) => `unmapped.${name} = net.accelbyte.${name}\n`);
    if (lines.length === 0) continue;
    Deno.writeTextFileSync(
      join(folder.path, file.path.replace(/\.proto$/, ".sc.properties")),
      lines.join(""),
      { append: true },
    );
  }
  return folder;
}
