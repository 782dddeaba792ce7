/**
 * A real Zipkin, from its own jar, with its spans in memory.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { JAVA_17 } from "../../dev/kafka_cluster/jars.ts";
import type { Tool } from "../conformance/_tools.ts";
import { answers, startServer } from "./_server.ts";
import { until } from "./_until.ts";

/** What Zipkin runs on, and what gets it. */
export const ZIPKIN: Tool = {
  name:
    "Java 17 with Maven (Debian packages openjdk-17-jre-headless and maven)",
  probes: [["java", "-version"]],
  needs: [JAVA_17, ["mvn", "--version"]],
  isRequired: true,
};

/** The server that is tested against. */
const VERSION = "3.6.1";
const ARTIFACT = `io.zipkin:zipkin-server:${VERSION}:jar:exec`;
const FOLDER = join(
  Deno.env.get("TEST_CACHE") ?? tmpdir(),
  `extend-event-handler-zipkin-${VERSION}`,
);
const JAR = join(FOLDER, `zipkin-server-${VERSION}-exec.jar`);

/** How long Maven may take, in milliseconds. */
const DOWNLOAD_TIME = 300_000;

/** How long a cold start of the server may take, in milliseconds. */
const START_TIME = 180_000;

/** A span, as the server answers it. */
const Span = z.object({
  traceId: z.string(),
  id: z.string(),
  parentId: z.string().optional(),
  name: z.string(),
  kind: z.string().optional(),
  localEndpoint: z.object({ serviceName: z.string() }),
  remoteEndpoint: z.object({ serviceName: z.string() }).optional(),
  tags: z.record(z.string(), z.string()).default({}),
  annotations: z.array(z.object({ value: z.string() })).default([]),
});

/** A span that the server has stored. */
export type StoredSpan = z.infer<typeof Span>;

/** A server that is ready. Disposing ends it. */
export interface Zipkin extends AsyncDisposable {
  /** Where it takes spans. */
  readonly url: string;
  /** Waits for a trace of so many spans or more. */
  trace(traceId: string, spans: number): Promise<readonly StoredSpan[]>;
  /** The services that it knows. */
  services(): Promise<readonly string[]>;
}

/** Starts the server on a free port. Downloads it the first time. */
export async function startZipkin(): Promise<Zipkin> {
  await download();
  const server = await startServer({
    command: "java",
    args: (port) => [
      "-Xmx256m",
      "-Darmeria.ports[0].ip=127.0.0.1",
      `-Darmeria.ports[0].port=${port}`,
      "-Darmeria.ports[0].protocols[0]=http",
      "-jar",
      JAR,
    ],
    env: { STORAGE_TYPE: "mem", SELF_TRACING_ENABLED: "false" },
    isReady: (port, signal) =>
      answers(`http://127.0.0.1:${port}/health`, signal),
    patience: START_TIME,
  });
  const api = `http://127.0.0.1:${server.port}/api/v2`;
  return {
    url: `${api}/spans`,
    trace: (traceId, spans) =>
      until(`trace ${traceId} with ${spans} spans`, async (signal) => {
        const response = await fetch(`${api}/trace/${traceId}`, { signal });
        const body = await response.json();
        const found = z.array(Span).parse(body);
        return found.length >= spans ? found : undefined;
      }),
    async services() {
      const response = await fetch(`${api}/services`);
      return z.array(z.string()).parse(await response.json());
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function download(): Promise<void> {
  if (existsSync(JAR)) return;
  // Moved into place when it is whole: an aborted download leaves nothing.
  const folder = await Deno.makeTempDir();
  try {
    const { success, stdout } = await new Deno.Command("mvn", {
      args: [
        "--batch-mode",
        "--quiet",
        "dependency:copy",
        `-Dartifact=${ARTIFACT}`,
        `-DoutputDirectory=${folder}`,
      ],
      stdout: "piped",
      stderr: "null",
      signal: AbortSignal.timeout(DOWNLOAD_TIME),
    }).output();
    if (!success) {
      throw new Error(
        `Maven could not get Zipkin: ${new TextDecoder().decode(stdout)}`,
      );
    }
    await Deno.mkdir(FOLDER, { recursive: true });
    const part = `${JAR}.${crypto.randomUUID()}`;
    await Deno.copyFile(
      join(folder, `zipkin-server-${VERSION}-exec.jar`),
      part,
    );
    await Deno.rename(part, JAR);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
