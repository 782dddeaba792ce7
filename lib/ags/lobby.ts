/**
 * AGS Lobby: notifications to connected players.
 *
 * @module
 */

import type { Ags } from "../core/context.ts";

/** The notification and its player. */
export interface SendNotificationRequest {
  /** The player. */
  readonly userId: string;
  /** The topic of the message: the game subscribes by topic. */
  readonly topicName: string;
  /** The content, sent unchanged: plain text, or JSON as text. */
  readonly message: string;
}

const NOTIFY =
  "/lobby/v1/admin/notification/namespaces/{namespace}/users/{userId}/freeform/notify";

/**
 * Sends a player a free-form notification.
 *
 * There is no idempotency key: an event that is delivered again notifies again.
 * If that matters, put the event's id into the message and let the game ignore
 * repetitions.
 *
 * Permission: `ADMIN:NAMESPACE:{namespace}:NOTIFICATION [CREATE]`.
 *
 * @example
 * ```ts
 * import type { Ags } from "../core/context.ts";
 * import { sendNotification } from "./lobby.ts";
 *
 * export async function welcome(ags: Ags, userId: string): Promise<void> {
 *   await sendNotification(ags, {
 *     userId,
 *     topicName: "WELCOME",
 *     message: "Good to have you back",
 *   });
 * }
 * ```
 *
 * @param ags AGS's REST API: `ctx.ags`.
 * @param request The message, its topic, and the player.
 * @returns Resolves once AGS accepted it.
 * @throws {AgsError} Not sent.
 * @throws {TerminalError} `userId` is empty.
 */
export async function sendNotification(
  ags: Ags,
  request: SendNotificationRequest,
): Promise<void> {
  const { userId, topicName, message } = request;
  await ags.request("POST", NOTIFY, {
    params: { userId },
    body: { topicName, message },
  });
}
