/**
 * Apache Kafka's own jars, from a Maven repository, kept between runs.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The broker that is tested against. */
export const KAFKA_VERSION = "4.1.1";

const FOLDER = join(
  Deno.env.get("TEST_CACHE") ?? tmpdir(),
  `extend-event-handler-kafka-${KAFKA_VERSION}`,
);
/** Written when all jars are there. */
const MARK = join(FOLDER, "complete");

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>test</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${KAFKA_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

/** How long Maven may take, in milliseconds. */
const TIMEOUT = 300_000;

/** Succeeds where Java is new enough for the servers that are tested against. */
export const JAVA_17 = [
  "sh",
  "-c",
  `java -version 2>&1 | grep -Eq 'version "(1[7-9]|[2-9][0-9])'`,
] as const;

/** What is missing for running a broker; `undefined` if nothing is. */
export function missingForKafka(): string | undefined {
  if (!works(...JAVA_17)) return "Java 17 is not installed";
  if (!works("openssl", "version")) return "OpenSSL is not installed";
  if (existsSync(MARK) || works("mvn", "--version")) return undefined;
  return "Maven is not installed";
}

function works(command: string, ...args: readonly string[]): boolean {
  try {
    return new Deno.Command(command, {
      args: [...args],
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The class path of the broker. Downloads it the first time. */
export async function kafkaClassPath(): Promise<string> {
  const jars = join(FOLDER, "jars");
  if (!existsSync(MARK)) {
    await Deno.mkdir(FOLDER, { recursive: true });
    const pom = join(FOLDER, "pom.xml");
    await Deno.writeTextFile(pom, POM);
    const { success, stdout } = await new Deno.Command("mvn", {
      args: [
        "--batch-mode",
        "--quiet",
        `--file=${pom}`,
        "dependency:copy-dependencies",
        `-DoutputDirectory=${jars}`,
      ],
      stdout: "piped",
      stderr: "null",
      signal: AbortSignal.timeout(TIMEOUT),
    }).output();
    if (!success) {
      throw new Error(
        `Maven could not get Kafka: ${new TextDecoder().decode(stdout)}`,
      );
    }
    await Deno.writeTextFile(MARK, "");
  }
  return join(jars, "*");
}
