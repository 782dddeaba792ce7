// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task send`: sends events through the service's real gRPC port.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { join } from "node:path";
import { isUsageError, UsageError } from "./command_line.ts";
import { parseExactJson } from "../lib/core/exact_json.ts";
import { ConfigError } from "../lib/config/parse.ts";
import { channelOf } from "../lib/core/event_types.ts";
import { eventKey } from "../lib/core/event_key.ts";
import { EventPropertiesError } from "../lib/events/properties.ts";
import { ProtoFileError } from "../lib/events/proto_files.ts";
import { EventStreamError } from "../lib/eventstream/errors.ts";
import { ClientEventError } from "./client_events.ts";
import { EventJsonError } from "./event_json.ts";
import { findEvent, makeEvent, UnknownEventError } from "./event_source.ts";
import { sendClientEvent } from "./send_client_event.ts";
import { sendAndWatch, sendOne } from "./send_one.ts";
import { sendMany } from "./send_many.ts";
import { redeliver } from "./redeliver.ts";
import { RecordedFileError } from "./record/recorded_event.ts";
import { type Again, eventsToSend, SendAgainError } from "./send_again.ts";
import { connectDev } from "./deliveries/client.ts";
import { connect } from "./event_client.ts";
import { publishEvents } from "./publish_events.ts";
import {
  isWebPubSub,
  sendWebPubSub,
  WebPubSubEventError,
} from "./send_web_pubsub.ts";
import { readDevSettings } from "./settings.ts";

const HELP = `Sends events to the service through its gRPC port.

Usage: ./task send <event> [options]

  <event>            Such as userAuthentication.userLoggedIn,
                     asyncMessaging.<topic> or scheduledTask.<name>; to
                     HTTP_PORT: clientEvents.<eventType>,
                     webPubSub.message or webPubSub.user.<name>
  --set path=value   Set a field, also nested: payload.userAccount.country=DE
  --file event.json  Send this event; fields it lacks are not sent
  --last             Send the event again that arrived last at ./task dev, with
                     another id (--keep-ids: the same)
  --recorded FILE    Send the events of ./task record again, likewise
  --redeliver        Deliver the events as a batch, as AGS's connector does:
                     all of it again when one failed, and once more
  --repeat N         Send N events, each with its own id
  --rate R           Send R events per second (default: as fast as answers come)
  --address H:P      The service (default: localhost:GRPC_PORT)
  --timeout SECONDS  Time for one event (default: 30)
  --token TOKEN      The player's token for clientEvents (default: a sample
                     player logs in at AGS, or its emulator)
  --kafka            Publish to Kafka (default: KAFKA_BROKERS, or
                     localhost:9092), as AGS's services do
`;

interface Options {
  /** `undefined` for events that were there before. */
  readonly type: string | undefined;
  /** Which events again, or how; `undefined` for new ones, each by itself. */
  readonly batch: Again | undefined;
  readonly sets: readonly string[];
  readonly file: string | undefined;
  readonly repeat: number;
  readonly rate: number | undefined;
  readonly address: string | undefined;
  readonly timeout: number;
  readonly isByKafka: boolean;
  readonly token: string | undefined;
}

type BatchOptions = Options & Again;

function parse(args: string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      help: { type: "boolean" },
      set: { type: "string", multiple: true },
      file: { type: "string" },
      repeat: { type: "string" },
      rate: { type: "string" },
      address: { type: "string" },
      timeout: { type: "string" },
      kafka: { type: "boolean" },
      token: { type: "string" },
      last: { type: "boolean" },
      recorded: { type: "string" },
      redeliver: { type: "boolean" },
      "keep-ids": { type: "boolean" },
    },
  });
  if (values.help) return undefined;
  const [type, ...rest] = positionals;
  const again = {
    isLast: values.last ?? false,
    recorded: values.recorded,
    isRedelivery: values.redeliver ?? false,
    keepsIds: values["keep-ids"] ?? false,
  };
  const hasEvents = again.isLast || again.recorded !== undefined;
  if (rest.length > 0 || (type === undefined) !== hasEvents) {
    throw new UsageError(
      hasEvents
        ? "Expected no event beside --last or --recorded: see --help"
        : "Expected one event: see --help",
    );
  }
  const isBatch = hasEvents || again.isRedelivery;
  if (isBatch && values.kafka) {
    throw new UsageError("--kafka sends new events only: see --help");
  }
  if (again.keepsIds && !hasEvents) {
    throw new UsageError("--keep-ids belongs to --last and --recorded");
  }
  return {
    type,
    batch: isBatch ? again : undefined,
    sets: values.set ?? [],
    file: values.file,
    repeat: wholeNumber("--repeat", values.repeat) ?? 1,
    rate: number("--rate", values.rate),
    address: values.address,
    timeout: (number("--timeout", values.timeout) ?? 30) * 1_000,
    isByKafka: values.kafka ?? false,
    token: values.token,
  };
}

function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0) return value;
  throw new UsageError(`${name} is "${text}": expected a number above 0`);
}

function wholeNumber(
  name: string,
  text: string | undefined,
): number | undefined {
  const value = number(name, text);
  if (value === undefined || Number.isSafeInteger(value)) return value;
  throw new UsageError(`${name} is "${text}": expected a whole number`);
}

async function send(
  options: Options & { readonly type: string },
): Promise<number> {
  const { env, devPort } = readDevSettings({ hasKafka: options.isByKafka });
  const dev = connectDev({ port: devPort });
  if (channelOf(options.type) === "clientEvents") {
    const json = options.file === undefined
      ? undefined
      : readJson(options.file);
    const sendIt = () => sendClientEvent({ ...options, env, json });
    const isFine = options.repeat === 1 && options.address === undefined
      ? await sendAndWatch(sendIt, { dev, channel: "clientEvents" })
      : await sendIt();
    return isFine ? 0 : 1;
  }
  if (isWebPubSub(options.type)) {
    const { file } = options;
    const json = file === undefined ? undefined : readJson(file);
    const sendIt = async () =>
      await sendWebPubSub({ ...options, env, json }) === 0;
    const isFine = options.repeat === 1
      ? await sendAndWatch(sendIt, { dev, channel: "webPubSub" })
      : await sendIt();
    return isFine ? 0 : 1;
  }
  const protoFolder = join(import.meta.dirname ?? ".", "..", "proto");
  const event = findEvent(protoFolder, eventKey(options.type));
  const json = options.file === undefined ? undefined : readJson(options.file);
  const make = () =>
    makeEvent(event, {
      namespace: env.AB_NAMESPACE ?? "",
      json,
      sets: options.sets,
      isOneOfMany: options.repeat > 1,
    });
  if (options.isByKafka) {
    return await publishEvents({ env, event, make, ...options });
  }
  const address = options.address ?? `localhost:${env.GRPC_PORT ?? "6565"}`;
  using client = connect(address);
  const target = { client, address, dev, timeout: options.timeout };
  if (options.repeat > 1) {
    const isFine = await sendMany({ client, dev, event, make, ...options });
    return isFine ? 0 : 1;
  }
  return await sendOne({ event, made: make() }, target) ? 0 : 1;
}

/** Sends events again that have been sent before, or a batch as AGS's connector does. */
async function sendBatch(options: BatchOptions): Promise<number> {
  const { env, devPort } = readDevSettings();
  const dev = connectDev({ port: devPort });
  const events = await eventsToSend(
    { ...options, namespace: env.AB_NAMESPACE ?? "" },
    dev,
  );
  const address = options.address ?? `localhost:${env.GRPC_PORT ?? "6565"}`;
  using client = connect(address);
  const target = { client, address, dev, timeout: options.timeout };
  if (options.isRedelivery) return await redeliver(events, target) ? 0 : 1;
  let isFine = true;
  for (const each of events) {
    if (events.length > 1 || options.type === undefined) {
      console.log(each.event.type);
    }
    isFine = await sendOne(each, target) && isFine;
  }
  return isFine ? 0 : 1;
}

function readJson(file: string): unknown {
  try {
    return parseExactJson(Deno.readTextFileSync(file));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`File ${file} is not an event in JSON: ${why}`);
  }
}

function isExpected(error: unknown): error is Error {
  return isUsageError(error) || error instanceof EventJsonError ||
    error instanceof UnknownEventError || error instanceof ConfigError ||
    error instanceof ProtoFileError || error instanceof EventStreamError ||
    error instanceof EventPropertiesError ||
    error instanceof ClientEventError ||
    error instanceof SendAgainError || error instanceof RecordedFileError ||
    error instanceof WebPubSubEventError;
}

try {
  const options = parse(Deno.args);
  if (options === undefined) console.log(HELP.trimEnd());
  else {
    const { type, batch } = options;
    Deno.exitCode = batch !== undefined || type === undefined
      ? await sendBatch({ ...options, ...batch! })
      : await send({ ...options, type });
  }
} catch (error) {
  if (!isExpected(error)) throw error;
  console.error(error.message);
  Deno.exitCode = 2;
}
