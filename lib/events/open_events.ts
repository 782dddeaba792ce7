/**
 * Events with open names: one method carries all events of a channel, and a
 * field of the message names the event.
 *
 * @module
 */

import type protobuf from "protobufjs";
import type { Event } from "../core/event.ts";
import { contentId } from "../core/event_id.ts";
import { channelOf } from "../core/event_types.ts";
import { ProtoFileError } from "./proto_files.ts";
import {
  type Answers,
  loadServedEvents,
  type ServedEvents,
} from "./served_events.ts";
import { taskAnswers } from "./task_answers.ts";

type Data = Readonly<Record<string, unknown>>;

interface OpenChannel {
  readonly channel: string;
  readonly protoFile: string;
  readonly package: string;
  readonly serviceName: string;
  /** The field that names the event. */
  readonly nameField: string;
  /** The id within the message, if it has one. */
  readonly idOf: (data: Data) => unknown;
  /** Fields that are attributes of the event. */
  readonly attributes: Readonly<Partial<Record<"time" | "namespace", string>>>;
  /** How to answer the method, if the answer is not empty. */
  readonly answersOf?: (response: protobuf.Type) => Answers;
}

/**
 * The metadata key of a message's id. AGS's messages have no id of their own:
 * this service's publisher adds one, so that a message that is published or
 * delivered twice is recognised.
 */
export const MESSAGE_ID = "MessageId";

const CHANNELS: readonly OpenChannel[] = [
  {
    channel: "asyncMessaging",
    protoFile:
      "accelbyte-asyncapi/extend/async_messaging/consumer_service.proto",
    package: "accelbyte.extend.async_messaging",
    serviceName: "AsyncMessagingConsumerService",
    nameField: "topic",
    idOf: ({ metadata }) => {
      const entries = metadata as Data;
      return Object.hasOwn(entries, MESSAGE_ID) ? entries[MESSAGE_ID] : "";
    },
    attributes: {},
  },
  {
    channel: "scheduledTask",
    protoFile:
      "accelbyte-asyncapi/extend/task_scheduler/v1/task_scheduler.proto",
    package: "accelbyte.extend.task_scheduler.v1",
    serviceName: "ScheduledTaskHandler",
    nameField: "taskName",
    idOf: ({ runId }) => runId,
    attributes: { time: "scheduledTime", namespace: "namespace" },
    answersOf: taskAnswers,
  },
];

/** The channels with open event names. */
export const OPEN_CHANNELS: readonly string[] = CHANNELS.map(({ channel }) =>
  channel
);

/** The method that receives the events of an open channel. */
export interface OpenMethod {
  /** The proto file, below the proto folder. */
  readonly protoFile: string;
  /** The package of its service. */
  readonly package: string;
  /** The name of the service; one element. */
  readonly serviceNames: readonly string[];
  /** The property of the message that names the event. */
  readonly nameField: string;
}

/**
 * The method that receives the events of this type; `undefined` if it is not
 * open.
 */
export function openMethodOf(type: string): OpenMethod | undefined {
  const found = CHANNELS.find(({ channel }) => channel === channelOf(type));
  return found && {
    protoFile: found.protoFile,
    package: found.package,
    serviceNames: [found.serviceName],
    nameField: found.nameField,
  };
}

/**
 * Loads the methods of the open channels that have a handler, and no other
 * proto file.
 *
 * @param protoFolder Absolute path of the proto folder.
 * @param types The types with a handler.
 * @throws {ProtoFileError} A proto file cannot be read, or lacks its service.
 */
export function loadOpenEvents(
  protoFolder: string,
  types: readonly string[],
): ServedEvents {
  const used = new Set(types.map(channelOf));
  const channels = CHANNELS.filter(({ channel }) => used.has(channel));
  const patterns = channels.map(({ channel }) => `${channel}.*`);
  const { events, files } = loadServedEvents({
    protoFolder,
    types: patterns,
    events: channels.map((channel) => ({
      ...channel,
      key: `${channel.channel}.*`,
      types: [`${channel.channel}.*`],
      serviceNames: [channel.serviceName],
      declaredAt: channel.protoFile,
    })),
  }, patterns);
  return {
    files,
    absent: [],
    events: events.map((event, index) => {
      // Same length: if a channel were missing, loading would have thrown.
      const channel = channels[index]!;
      const answers = loadAnswers(files.root, channel);
      return {
        ...event,
        attributesOf: (data) => attributesOf(channel, data),
        ...(answers !== undefined && { answers }),
      };
    }),
  };
}

function loadAnswers(
  root: protobuf.Root,
  channel: OpenChannel,
): Answers | undefined {
  const { answersOf, protoFile, serviceName } = channel;
  if (answersOf === undefined) return undefined;
  const service = `${channel.package}.${serviceName}`;
  const [method] = root.lookupService(service).methodsArray;
  try {
    const response = method?.resolvedResponseType;
    if (!response) throw new TypeError("Answer is not resolved");
    const answers = answersOf(response);
    // Detects an unexpected answer type now instead of at the first event.
    answers.encode(undefined);
    return answers;
  } catch (cause) {
    throw new ProtoFileError(
      `${protoFile}: Service "${service}" has an unexpected answer type: ` +
        (cause instanceof Error ? cause.message : String(cause)),
      { cause },
    );
  }
}

/**
 * SNS, which carries the messages, allows this many characters in a topic name.
 */
const MAX_NAME = 256;

function attributesOf(
  { channel, nameField, idOf, attributes }: OpenChannel,
  data: Data,
): Omit<Event, "source"> {
  const name = textOf(data[nameField]);
  if (name === undefined || name.length > MAX_NAME) {
    throw new RangeError(
      `Name of the event is ${
        name === undefined ? "empty" : `${name.length} characters long`
      }: expected 1 to ${MAX_NAME} in "${nameField}"`,
    );
  }
  const type = `${channel}.${name}`;
  const event = {
    type,
    id: textOf(idOf(data)) ?? contentId(type, data),
    data,
  };
  const own = Object.entries(attributes).flatMap(([attribute, field]) => {
    const value = textOf(data[field]);
    return value === undefined ? [] : [[attribute, value]];
  });
  return { ...event, ...Object.fromEntries(own) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
