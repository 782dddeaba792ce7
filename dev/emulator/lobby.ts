/**
 * AGS Lobby: free-form notifications, kept in place of being delivered.
 *
 * AGS declares 400 for a body it does not take, and no code: here it has the
 * common code 20002.
 *
 * @module
 */

import { z } from "zod";
import { agsError, type Answer } from "./errors.ts";
import { isAnswer } from "./grants.ts";
import { checkSchema, readJson } from "./request_body.ts";
import { createRing } from "./ring.ts";
import type { Call } from "./router.ts";
import { noContent, RESOURCE, type Service } from "./service.ts";

/** Notifications kept; older ones are forgotten. */
export const MAX_NOTIFICATIONS = 10_000;

/** A notification that was sent. */
export interface SentNotification {
  /** When it was sent, in milliseconds since the epoch. */
  readonly time: number;
  /** Player it went to. */
  readonly userId: string;
  /** Its topic. */
  readonly topicName: string;
  /** Its text. */
  readonly message: string;
}

/** Read side of the lobby, for tests. */
export interface Lobby {
  /** Notifications that are still held, oldest first; one player's if named. */
  notifications(userId?: string): readonly SentNotification[];
}

const notificationSchema = z.object({
  topicName: z.string().min(1),
  message: z.string().min(1),
});

/**
 * Creates the lobby of one emulator.
 *
 * @param now Time in milliseconds since the epoch.
 */
export function createLobby(now: () => number): Lobby & Service {
  const sent = createRing<SentNotification>(MAX_NOTIFICATIONS);

  function notify(call: Call): Answer {
    const body = readJson(
      call,
      (input) => checkSchema(notificationSchema, input),
    );
    if (isAnswer(body)) {
      if (body.status !== 422) return body;
      const errorMessage = "validation error";
      return agsError(400, { errorCode: 20002, errorMessage });
    }
    const { userId = "" } = call.params;
    sent.push({ time: now(), userId, ...body.value });
    return noContent();
  }

  return {
    notifications: (userId) =>
      sent.after(0).filter((one) =>
        userId === undefined || one.userId === userId
      ),
    routes: [{
      method: "POST",
      template:
        "/lobby/v1/admin/notification/namespaces/{namespace}/users/{userId}/freeform/notify",
      permission: { resource: `${RESOURCE}:NOTIFICATION`, action: 1 },
      journalBody: true,
      handle: notify,
    }],
    clear: sent.clear,
  };
}
