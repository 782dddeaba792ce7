import assert from "node:assert/strict";
import { join } from "node:path";
import { readCatalog } from "../../lib/events/catalog.ts";
import { startService } from "../../lib/service.ts";
import { testConfig } from "../_support/config.ts";
import { testHandler } from "../_support/delivery.ts";
import { recordLog } from "../_support/log.ts";
import { reflect } from "../grpc/_clients.ts";
import { copyProtoFolder, type Folder } from "../grpc/_fixture.ts";
import { call, connect } from "../grpc/_grpc.ts";

/** Counts what is read of AGS's proto files while it is there. */
function countReads(folder: Folder): Disposable & {
  readonly counts: ReadonlyMap<string, number>;
} {
  const counts = new Map<string, number>();
  const { readTextFileSync } = Deno;
  const prefix = `${folder.path}/`;
  Object.assign(Deno, {
    readTextFileSync(path: string | URL) {
      const name = `${path}`.replace(prefix, "");
      if (/^accelbyte-asyncapi\/.*\.proto$/.test(name)) {
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      return readTextFileSync(path);
    },
  });
  return {
    counts,
    [Symbol.dispose]: () => Object.assign(Deno, { readTextFileSync }),
  };
}

/** Events by the file that describes them. */
function eventsByFile(folder: Folder) {
  const { events } = readCatalog(folder.path);
  return Map.groupBy(events, ({ protoFile }) => protoFile);
}

/** Puts a folder where nobody finds it, and back again. */
function moveAway({ path }: Folder): Disposable {
  Deno.renameSync(path, `${path}.away`);
  return { [Symbol.dispose]: () => Deno.renameSync(`${path}.away`, path) };
}

for (const count of [1, 2, 10]) {
  Deno.test(`the files of ${count} handlers' events are read once, before the port opens, and no others`, async () => {
    using folder = copyProtoFolder();
    const files = [...eventsByFile(folder)].slice(0, count);
    const needed = files.map(([file]) => file);
    for (const file of eventsByFile(folder).keys()) {
      if (needed.includes(file)) continue;
      await Deno.writeTextFile(join(folder.path, file), "this is not proto");
    }
    // Several handlers of a file: it is one file all the same.
    const served = files.flatMap(([, events]) => events.slice(0, 3));
    const seen: string[] = [];
    using reads = countReads(folder);
    await using service = await startService({
      config: testConfig(),
      protoFolder: folder.path,
      handlers: served.map(({ types }) =>
        testHandler(({ type }) => void seen.push(type), {
          types: types[0]!,
          anyNamespace: true,
        })
      ),
      log: recordLog(),
    });
    using _away = moveAway(folder);
    await using channel = connect(service.portOf("grpc"));
    const conversation = reflect(channel.client, "v1");
    for (const { package: name, serviceName } of served) {
      const service = `${name}.${serviceName}`;
      const { status } = await call(channel.client, `/${service}/OnMessage`);
      assert.equal(status, "OK", service);
      const answer = await conversation.ask({
        file_containing_symbol: service,
      });
      assert.equal(answer.error_response, undefined);
    }
    conversation.end();
    await conversation.ended;
    assert.deepEqual(seen, served.map(({ types }) => types[0]));
    assert.deepEqual(
      Object.fromEntries(reads.counts),
      Object.fromEntries(needed.map((file) => [file, 1])),
    );
  });
}
