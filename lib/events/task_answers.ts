/**
 * Answers of scheduled tasks.
 *
 * @module
 */

import type { Buffer } from "node:buffer";
import protobuf from "protobufjs";
import type { ScheduledTaskResult } from "../core/event.ts";
import { propertyName } from "./message_codec.ts";
import type { Answers } from "./served_events.ts";
import { bufferOf } from "../events/buffer.ts";

const OK = 200;
/** How Google's mapping has INVALID_ARGUMENT and FAILED_PRECONDITION in HTTP. */
const BAD_REQUEST = 400;
const SERVER_ERROR = 500;

/**
 * Encodes answers of the task scheduler.
 *
 * A handler that returns nothing has succeeded. So has a run that is not this app's,
 * and one that came again after it was done: what its handler answered then is not
 * kept. `ON_REJECT=ack` answers a run that can not work: as not successful.
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
      throw new TypeError(`Answer of the scheduled task is wrong: ${problem}`);
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
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value;
  }
  throw new TypeError(
    "Answer of the scheduled task is wrong: expected an object, or nothing",
  );
}
