/**
 * The destination of dead letters: topics of the event stream, a file, or the
 * log.
 *
 * @module
 */

import type { ServiceConfig } from "../config/table.ts";
import type { DeadLetterSink } from "../core/dead_letter.ts";
import { logDeadLetters, type LogLetter } from "../dead_letters/log_sink.ts";
import { openDeadLetters } from "../dead_letters/open.ts";
import { withPrefix } from "../eventstream/names.ts";
import { groupOf } from "../kafka/group.ts";
import { openLetterTopics } from "../kafka/letter_sink.ts";
import type { Streams } from "../kafka/open_streams.ts";
import type { ConfirmRecord, Logs } from "../telemetry/log.ts";

/** Options of {@linkcode openDeadLetterSink}. */
export interface DeadLetterSinkOptions {
  /** The settings. */
  readonly config: ServiceConfig;
  /** The streams for dead letters in topics. */
  readonly streams: Streams;
  /** Logs where dead letters are written. */
  readonly logs: Logs;
  /** Writes records that must not be dropped. @default {like `logs`} */
  readonly confirm?: ConfirmRecord | undefined;
}

type DeadLetter = ServiceConfig["deadLetter"];
type TopicName = Extract<DeadLetter, `kafka:${string}`>;

/**
 * Opens the destination that `DEAD_LETTER` names.
 *
 * @throws {LetterFileError} The named file cannot be written.
 */
export async function openDeadLetterSink(
  options: DeadLetterSinkOptions,
): Promise<DeadLetterSink> {
  const { config, streams } = options;
  const { deadLetter, kafkaTopicPrefix: prefix = "" } = config;
  const log = options.logs.dead_letters;
  const logLetter = letterLog(options);
  if (!isTopic(deadLetter)) {
    return await openDeadLetters({
      config: { ...config, deadLetter },
      log,
      logLetter,
    });
  }
  const lastResort = logDeadLetters(logLetter);
  if (streams.kafka === undefined) return lastResort;
  return openLetterTopics({
    stream: streams.kafka,
    suffix: deadLetter.slice("kafka:".length),
    prefix,
    groupId: withPrefix(prefix, groupOf(config)),
    lastResort,
    log,
  });
}

function isTopic(deadLetter: DeadLetter): deadLetter is TopicName {
  return deadLetter.startsWith("kafka:");
}

function letterLog({ logs, confirm }: DeadLetterSinkOptions): LogLetter {
  return async (message, where) => {
    if (confirm === undefined) logs.dead_letters.error(message, where.fields);
    else await confirm("dead_letters", message, where);
  };
}
