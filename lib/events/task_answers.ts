/**
 * Answers of scheduled tasks.
 *
 * @module
 */

import { isObject } from "../core/is_object.ts";
import type { Buffer } from "node:buffer";
import protobuf from "protobufjs";
import type { ScheduledTaskResult } from "../core/event.ts";
import { propertyName } from "./message_codec.ts";
import type { Answers } from "./served_events.ts";
import { bufferOf } from "../events/buffer.ts";

const OK = 200;
/**
 * The HTTP status for INVALID_ARGUMENT and FAILED_PRECONDITION in Google's
 * mapping.
 */
const BAD_REQUEST = 400;
const SERVER_ERROR = 500;

/**
 * Encodes the answers of scheduled tasks.
 *
 * A handler that returns nothing has succeeded. So has a run that belongs to
 * another app, and one that was delivered again after it was done: the earlier
 * answer is not kept. With `ON_REJECT=ack`, a run that can never succeed is
 * answered as unsuccessful.
 *
 * @param type The message `ScheduledTaskResponse`.
 */
export function taskAnswers(type: protobuf.Type): Answers {
  const names = new Map(
    type.fieldsArray.map(({ name }) => [propertyName(name), name]),
  );
  const nameOf = (property: keyof ScheduledTaskResult) => {
    const name = names.get(property);
    if (name !== undefined) return name;
    throw new TypeError(`Message "${type.name}" has no field "${property}"`);
  };

  function encode(value: unknown): Buffer {
    const given = resultOf(value);
    const { success = true } = given;
    const message = {
      [nameOf("success")]: success,
      [nameOf("message")]: given.message ?? "",
      [nameOf("resultData")]: given.resultData ?? "",
      [nameOf("httpStatusCode")]: given.httpStatusCode ??
        (success ? OK : SERVER_ERROR),
    };
    const problem = type.verify(message);
    if (problem !== null) {
      throw new TypeError(
        `Answer of the scheduled task is invalid: ${problem}`,
      );
    }
    return bufferOf(type.encode(message).finish());
  }

  return {
    encode,
    without({ outcome }) {
      const isRefused = outcome === "rejected" || outcome === "exhausted";
      return isRefused
        ? encode({
          success: false,
          message: outcome,
          httpStatusCode: BAD_REQUEST,
        })
        : encode({ message: outcome });
    },
  };
}

function resultOf(value: unknown): ScheduledTaskResult {
  if (value === undefined) return {};
  if (isObject(value)) return value;
  throw new TypeError(
    "Answer of the scheduled task is invalid: expected an object, or nothing",
  );
}
