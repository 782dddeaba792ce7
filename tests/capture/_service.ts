/**
 * The whole service with client events, in this process.
 *
 * @module
 */

import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type Emulator, startEmulator } from "../../dev/emulator/mod.ts";
import type { Config } from "../../lib/core/config.ts";
import type { Handler } from "../../lib/core/on.ts";
import { type Service, startService } from "../../lib/service.ts";
import { testConfig } from "../_support/config.ts";
import { type RecordingLogger, recordLog } from "../_support/log.ts";
import { PROTO_FOLDER } from "../grpc/_fixture.ts";
import type { Answer } from "./_door.ts";

/** A service under test, and the AGS that signs its players' tokens. */
export interface TestService extends AsyncDisposable {
  readonly service: Service;
  readonly ags: Emulator;
  readonly log: RecordingLogger;
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Sends entries as a player. */
  send(player: string, ...entries: readonly unknown[]): Promise<Answer>;
  /** Objects of the archive: names and lines. */
  archived(): Promise<Readonly<Record<string, readonly string[]>>>;
}

/** Options of {@linkcode startCapture}. */
export interface StartCaptureOptions {
  readonly handlers?: readonly Handler[];
  readonly config?: Partial<Config>;
  /** Where inbox and archive are: kept between two services. */
  readonly folder: string;
}

/** Starts one, with an archive in `folder`. */
export async function startCapture(
  { handlers = [], config = {}, folder }: StartCaptureOptions,
): Promise<TestService> {
  const ags = await startEmulator();
  const log = recordLog();
  const archive = join(folder, "archive");
  const service = await startService({
    config: testConfig({
      baseUrl: ags.url,
      namespace: ags.namespace,
      sources: ["clientEvents"],
      httpPort: 0,
      inbox: `file:${join(folder, "inbox")}` as Config["inbox"],
      archive: `file:${archive}`,
      ...config,
    }),
    handlers,
    protoFolder: PROTO_FOLDER,
    log,
  });
  const url = `http://127.0.0.1:${service.portOf("clientEvents")}`;
  return {
    service,
    ags,
    log,
    url,
    async send(player, ...entries) {
      const response = await fetch(`${url}/event`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${await ags.playerToken(player)}`,
        },
        body: JSON.stringify({ entries }),
      });
      if (response.status !== 200) {
        throw new Error(`${response.status}: ${await response.text()}`);
      }
      return await response.json();
    },
    archived: () => readArchive(archive),
    async [Symbol.asyncDispose]() {
      await service.stop();
      await ags[Symbol.asyncDispose]();
    },
  };
}

/** The objects of a folder, and what is in them. */
export async function readArchive(
  root: string,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const found: Record<string, readonly string[]> = {};
  async function walk(folder: string, prefix: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory) await walk(join(folder, name), `${prefix}${name}/`);
      else if (!name.endsWith(".part")) {
        const bytes = await Deno.readFile(join(folder, name));
        const text = new TextDecoder().decode(
          name.endsWith(".gz") ? gunzipSync(bytes) : bytes,
        );
        found[`${prefix}${name}`] = text.split("\n").slice(0, -1);
      }
    }
  }
  try {
    await walk(root, "");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found;
}
