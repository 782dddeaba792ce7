/**
 * Says no to a client.
 *
 * @module
 */

import { statusOfMqttCode } from "./mqtt_codes.ts";
import type { MqttUserProperty } from "./types.ts";
import { VERDICT } from "./verdict.ts";

/** What an MQTT client gets in its CONNACK. */
export interface MqttRefusal {
  /** The code, of the client's version of MQTT. */
  readonly code: number;
  /** Why, for the client to read. */
  readonly reason?: string;
  /** User properties (MQTT 5). */
  readonly userProperties?: readonly MqttUserProperty[];
}

/** Options of {@linkcode ConnectionRefused}. */
export interface ConnectionRefusedOptions extends ErrorOptions {
  /** What an MQTT client gets, exactly. @default {code by status, detail as reason} */
  readonly mqtt?: MqttRefusal;
}

/**
 * Refuses a connection, or a user event: thrown by a handler. It is a decision and not
 * a failure: the service does not try again. The client that wants to connect gets the
 * status; a user event fails.
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
  /** It is a decision. */
  readonly [VERDICT] = "refuse";
  /** The status. */
  readonly status: number;
  /** The answer's body. */
  readonly detail: string | undefined;
  /** What an MQTT client gets. */
  readonly mqtt: MqttRefusal | undefined;

  /**
   * Creates the refusal.
   *
   * @param status From 400 to 499, but not 408, which Web PubSub would try again.
   * @param detail The answer's body, and the reason for an MQTT client.
   * @throws {RangeError} The status is none that refuses for good.
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
   * Refuses an MQTT client with a code of its protocol.
   *
   * @param refusal The code and what goes with it. Codes of trouble on the server's
   * side (3, 128, 136, …) refuse with 400, for Web PubSub would try again otherwise.
   */
  static forMqtt(refusal: MqttRefusal): ConnectionRefused {
    const status = statusOfMqttCode(refusal.code);
    return new ConnectionRefused(status < 500 ? status : 400, refusal.reason, {
      mqtt: refusal,
    });
  }
}
