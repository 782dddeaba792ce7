/**
 * What Web PubSub is answered, by how an event ended.
 *
 * | Outcome | Answer | Web PubSub then |
 * |---|---|---|
 * | `handled` | 200 with what the handler returned, or 204 | is done |
 * | `skipped`, no handler | 204; for a connect that lets the client in | is done |
 * | `duplicate` | the answer of the first time, or 204 | is done |
 * | `rejected` | the refusal's status; else 400 or 409 | gives up |
 * | `exhausted` | 409 | gives up |
 * | `failed`, `overloaded` | 503; a bug 500 | sends it again after 1, 3 and 5 s |
 *
 * @module
 */

import type { HttpAnswer } from "../../core/http.ts";
import type { Result } from "../../core/outcome.ts";
import { answerConnect, answerRefusal, answerUserEvent } from "../answer.ts";
import type { ConnectAnswer, UserAnswer } from "../answer.ts";
import { ConnectionRefused } from "../refusal.ts";
import type { ConnectRequest, UserEventRequest } from "../request.ts";
import type { ServiceResponse } from "../response.ts";

/** An event that is waited for. */
export type BlockingRequest = ConnectRequest | UserEventRequest;

/** The event is done, and nothing is said of it. */
export const NOTHING: HttpAnswer = { status: 204 };

/**
 * The answer that a handler's return value makes.
 *
 * @throws {InvalidAnswerError} It makes none.
 */
export function encodeAnswer(
  request: BlockingRequest,
  value: unknown,
): HttpAnswer {
  return answerOf(
    request.kind === "connect"
      ? answerConnect(request, value as ConnectAnswer | void)
      : answerUserEvent(request, value as UserAnswer),
  );
}

/** The answer for an event that has ended so; `undefined`: it has to be run again. */
export function answerFor(
  request: BlockingRequest,
  result: Result,
): HttpAnswer | undefined {
  const { outcome, reason, error, answer } = result;
  switch (outcome) {
    case "handled":
    case "skipped":
      return answer as HttpAnswer | undefined ?? NOTHING;
    case "duplicate":
      if (answer !== undefined) return answer as HttpAnswer;
      // 204 would let the client in as its token says, whatever was answered before.
      return request.kind === "connect" ? undefined : NOTHING;
    case "rejected":
      if (error instanceof ConnectionRefused) {
        return answerOf(answerRefusal(request, error));
      }
      return { status: reason === "bad_state" ? 409 : 400 };
    case "exhausted":
      return { status: 409 };
    case "failed":
      return { status: reason === "bug" ? 500 : 503 };
    case "overloaded":
    case "cancelled":
      return { status: 503 };
  }
}

function answerOf(response: ServiceResponse): HttpAnswer {
  const { statusCode: status, headers, body } = response;
  return { status, headers: [...headers], body };
}
