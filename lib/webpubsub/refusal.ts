/**
 * Refuses clients.
 *
 * @module
 */

import { statusOfMqttCode } from "./mqtt_codes.ts";
import type { MqttUserProperty } from "./types.ts";
import { VERDICT } from "./verdict.ts";

/** The CONNACK of a refused MQTT client. */
export interface MqttRefusal {
  /** The code, in the client's version of MQTT. */
  readonly code: number;
  /** The reason, for the client. */
  readonly reason?: string;
  /** User properties (MQTT 5). */
  readonly userProperties?: readonly MqttUserProperty[];
}

/** Options of {@linkcode ConnectionRefused}. */
export interface ConnectionRefusedOptions extends ErrorOptions {
  /**
   * The exact answer for an MQTT client.
   * @default {code by status, detail as reason}
   */
  readonly mqtt?: MqttRefusal;
}

/**
 * Refuses a connection, or a user event: thrown by a handler. It is a decision
 * and not a failure, so the service does not retry. A connecting client gets
 * the status; a user event fails.
 *
 * @example
 * ```ts
 * import { ConnectionRefused, WebPubSubUpstream } from "event-handler/web-pubsub";
 *
 * const upstream = new WebPubSubUpstream({
 *   validator: "none",
 *   log: { warn() {}, error() {} },
 *   handleConnect({ data }) {
 *     const user = data.claims.sub?.[0];
 *     if (user === undefined) throw new ConnectionRefused(401, "no user");
 *     return { userId: user };
 *   },
 * });
 * ```
 */
export class ConnectionRefused extends Error {
  /** What logs call it. */
  override name = "ConnectionRefused";
  /** Marks a decision. */
  readonly [VERDICT] = "refuse";
  /** The status. */
  readonly status: number;
  /** The answer's body. */
  readonly detail: string | undefined;
  /** The answer for an MQTT client. */
  readonly mqtt: MqttRefusal | undefined;

  /**
   * Creates the refusal.
   *
   * @param status From 400 to 499, except 408, which Web PubSub would retry.
   * @param detail The answer's body, and the reason for an MQTT client.
   * @throws {RangeError} The status is not a permanent refusal.
   */
  constructor(
    status: number,
    detail?: string,
    options: ConnectionRefusedOptions = {},
  ) {
    if (
      !Number.isInteger(status) || status < 400 || status > 499 ||
      status === 408
    ) {
      throw new RangeError(
        `Cannot refuse with status ${status}: expected one from 400 to 499, not 408`,
      );
    }
    super(`Refused with status ${status}`, options);
    this.status = status;
    this.detail = detail;
    this.mqtt = options.mqtt;
  }

  /**
   * Refuses an MQTT client with an MQTT code.
   *
   * @param refusal The code and its details. Codes of server-side problems (3,
   * 128, 136, …) are sent with status 400, because Web PubSub would otherwise
   * retry.
   */
  static forMqtt(refusal: MqttRefusal): ConnectionRefused {
    const status = statusOfMqttCode(refusal.code);
    return new ConnectionRefused(status < 500 ? status : 400, refusal.reason, {
      mqtt: refusal,
    });
  }
}
