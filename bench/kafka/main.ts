// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task x bench:kafka`: the event stream on a real broker, against the Kafka library
 * used bare.
 *
 * Only the ratios mean anything: the figures are those of this machine, today.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { Admin } from "@platformatic/kafka";
import { GIVEN, startKafka } from "../../dev/kafka_cluster/cluster.ts";
import { missingForKafka } from "../../dev/kafka_cluster/jars.ts";
import { newId } from "../../lib/eventstream/names.ts";
import { stopSignals } from "../../lib/process/stop_signals.ts";
import { integer, isExpected } from "../arguments.ts";
import { BenchError } from "../errors.ts";
import { kafkaReport, kafkaReportText } from "./report.ts";
import { type KafkaMeasurements, measureAll } from "./scenarios.ts";

const HELP = `Measures the event stream on a real Kafka broker.

Starts one from its Maven jars (Java 17, Maven, OpenSSL), unless KAFKA_BROKERS names
some. Makes topics of its own, and deletes them.

Usage: ./task x bench:kafka [options]

  --records N          Events that are published in all (default: 1000000)
  --rounds R           How often each side has its turn (default: 3)
  --json               Print the report as JSON

Exits with 0 whether the goals are met or not.
`;

interface Options {
  readonly records: number;
  readonly rounds: number;
  readonly isJson: boolean;
}

function parse(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: "boolean" },
      records: { type: "string", default: "1000000" },
      rounds: { type: "string", default: "3" },
      json: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    // Fewer are consumed before anything is warm.
    records: integer("--records", values.records, [20_000, 10_000_000]),
    rounds: integer("--rounds", values.rounds, [1, 100]),
    isJson: values.json,
  };
}

async function measure(
  { records, rounds }: Options,
  signal: AbortSignal,
): Promise<KafkaMeasurements> {
  const missing = GIVEN.length > 0 ? undefined : missingForKafka();
  if (missing !== undefined) {
    throw new BenchError(`${missing}, and KAFKA_BROKERS names no broker`);
  }
  const say = (text: string) => console.error(text);
  await using stack = new AsyncDisposableStack();
  say(GIVEN.length > 0 ? "Using KAFKA_BROKERS" : "Starting a broker");
  const { brokers } = stack.use(await startKafka());
  const admin = stack.adopt(
    new Admin({ clientId: "bench", bootstrapBrokers: [...brokers] }),
    (admin) => admin.close(),
  );
  const topics: string[] = [];
  stack.defer(() =>
    topics.length === 0 ? undefined : admin.deleteTopics({ topics })
  );
  const run = newId();
  return await measureAll({
    brokers,
    signal,
    records,
    rounds,
    say,
    async makeTopic(name, partitions) {
      const topic = `bench.${run}.${name}`;
      await admin.createTopics({ topics: [topic], partitions, replicas: 1 });
      topics.push(topic);
      return topic;
    },
  });
}

async function main(options: Options): Promise<void> {
  using stop = stopSignals();
  const controller = new AbortController();
  stop.received.then((signal) =>
    controller.abort(new BenchError(`Stopped by ${signal}`))
  );
  const measurements = await measure(options, controller.signal);
  const found = kafkaReport(measurements);
  console.log(
    options.isJson
      ? JSON.stringify({ ...found, ...measurements }, null, 2)
      : `\n${kafkaReportText(found)}`,
  );
}

try {
  const options = parse(Deno.args);
  if (options === undefined) console.log(HELP.trimEnd());
  else await main(options);
} catch (error) {
  if (!isExpected(error)) throw error;
  console.error(error.message);
  Deno.exitCode = 1;
}
