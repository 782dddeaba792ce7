/**
 * Apache Kafka on this machine, for as long as tests or measurements run.
 *
 * @module
 */

import { freePort } from "../free_port.ts";
import { join } from "node:path";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { brokerProperties, type NodePorts, SCRAM_USERS } from "./config.ts";
import { kafkaClassPath, missingForKafka } from "./jars.ts";
import { until } from "../until.ts";

/** Options of {@linkcode startKafka}. */
export interface KafkaOptions {
  /** How many brokers. @default {1} */
  readonly nodes?: number;
  /** Opens listeners that check who connects. @default {false} */
  readonly isSecure?: boolean;
  /** Settings of the brokers beside the usual ones. @default {none} */
  readonly properties?: Readonly<Record<string, string>>;
}

/** A cluster that runs. */
export interface KafkaCluster extends AsyncDisposable {
  /** Brokers to begin with, in plain text. */
  readonly brokers: readonly string[];
  /** Ports of the brokers; none if it is not ours. */
  readonly ports: readonly NodePorts[];
  /** Of brokers and clients, if it has listeners that check who connects. */
  readonly certificates: Certificates | undefined;
  /** Ends a broker as a lost machine does. @param node Its number, from 1. */
  kill(node: number): Promise<void>;
  /** Starts a broker that was killed, and waits until it takes part. */
  restart(node: number): Promise<void>;
}

/** How long a broker may take to start, in milliseconds. */
const START_TIMEOUT = 60_000;
const CLUSTER_ID = "4L6g3nShT-eMCtK--X86sw";

/** The cluster that the environment names. */
export const GIVEN: readonly string[] = (Deno.env.get("KAFKA_BROKERS") ?? "")
  .split(",").filter((broker) => broker !== "");

/** Starts brokers, or takes those that `KAFKA_BROKERS` names. */
export async function startKafka(
  options: KafkaOptions = {},
): Promise<KafkaCluster> {
  if (
    GIVEN.length > 0 && options.nodes === undefined &&
    options.isSecure !== true && options.properties === undefined
  ) {
    return {
      brokers: GIVEN,
      ports: [],
      certificates: undefined,
      kill: () => Promise.reject(new Error("Broker is not ours")),
      restart: () => Promise.reject(new Error("Broker is not ours")),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const missing = missingForKafka();
  if (missing !== undefined) throw new Error(`${missing}: expected it`);
  const classPath = await kafkaClassPath();
  const folder = await Deno.makeTempDir({ prefix: "kafka-" });
  const certificates = options.isSecure === true
    ? await makeCertificates(folder)
    : undefined;
  const ports = freePorts(options.nodes ?? 1);
  /** Process ids of brokers, by node. */
  const processes = new Map<number, number>();
  const nodes = ports.map((_, index) => index + 1);

  const java = (args: readonly string[]) => [
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-cp",
    classPath,
    ...args,
  ];

  async function format(node: number): Promise<void> {
    const home = join(folder, String(node));
    await Deno.mkdir(home);
    await Deno.writeTextFile(
      join(home, "server.properties"),
      brokerProperties({
        node,
        ports,
        folder: home,
        certificates,
        properties: options.properties,
      }),
    );
    const { success, stdout, stderr } = await new Deno.Command("java", {
      args: java([
        "kafka.tools.StorageTool",
        "format",
        "--cluster-id",
        CLUSTER_ID,
        "--config",
        join(home, "server.properties"),
        ...SCRAM_USERS,
      ]),
    }).output();
    if (success) return;
    const text = new TextDecoder();
    throw new Error(
      `Kafka's storage is not made: ${text.decode(stdout)}${
        text.decode(stderr)
      }`,
    );
  }

  /**
   * Starts a broker in the background of a shell, which ends at once: one that a test
   * starts or ends is then no leak of that test.
   */
  async function spawn(node: number): Promise<void> {
    const home = join(folder, String(node));
    const { stdout } = await new Deno.Command("sh", {
      args: [
        "-c",
        'log="$1"; shift; java "$@" < /dev/null >> "$log" 2>&1 & echo $!',
        "sh",
        join(home, "log"),
        ...java(["kafka.Kafka", join(home, "server.properties")]),
      ],
    }).output();
    processes.set(node, Number(new TextDecoder().decode(stdout)));
  }

  async function ready(node: number): Promise<void> {
    const port = ports[node - 1]?.plain ?? 0;
    try {
      await until(
        `broker ${node}`,
        async () => await accepts(port) || undefined,
        { patience: START_TIMEOUT },
      );
    } catch (cause) {
      const log = await Deno.readTextFile(join(folder, String(node), "log"));
      throw new Error(`Broker ${node} did not start: ${log.slice(-4_000)}`, {
        cause,
      });
    }
  }

  async function kill(node: number): Promise<void> {
    const pid = processes.get(node);
    if (pid === undefined) return;
    processes.delete(node);
    Deno.kill(pid, "SIGKILL");
    await until(`the end of broker ${node}`, async () => {
      return await accepts(ports[node - 1]?.plain ?? 0) ? undefined : true;
    });
  }

  async function end(): Promise<void> {
    await Promise.all(nodes.map(kill));
    await Deno.remove(folder, { recursive: true });
  }

  // A test run that is broken off must not leave brokers behind.
  globalThis.addEventListener("unload", () => {
    for (const pid of processes.values()) Deno.kill(pid, "SIGKILL");
  });
  try {
    await Promise.all(nodes.map(format));
    await Promise.all(nodes.map(spawn));
    await Promise.all(nodes.map(ready));
  } catch (error) {
    await end();
    throw error;
  }
  return {
    brokers: ports.map(({ plain }) => `127.0.0.1:${plain}`),
    ports,
    certificates,
    kill,
    async restart(node) {
      await spawn(node);
      await ready(node);
    },
    [Symbol.asyncDispose]: end,
  };
}

async function accepts(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

function freePorts(nodes: number): readonly NodePorts[] {
  return Array.from({ length: nodes }, () => ({
    plain: freePort(),
    controller: freePort(),
    sasl: freePort(),
    tls: freePort(),
    saslTls: freePort(),
  }));
}
