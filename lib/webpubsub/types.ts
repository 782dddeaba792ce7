/**
 * The data of Azure Web PubSub's events, as handlers see it.
 *
 * @module
 */

import type { ConnectionState, ReadonlyConnectionState } from "./state.ts";

/**
 * Lists of texts by name. They have no prototype, so that no name has a special
 * meaning.
 */
export type Lists = Readonly<Record<string, readonly string[]>>;

/** A user property of MQTT 5. */
export interface MqttUserProperty {
  /** Its name. One received as a header is in lower case. */
  readonly name: string;
  /** Its value. */
  readonly value: string;
}

/** The MQTT data that accompanies each event of an MQTT client. */
export interface MqttConnection {
  /** The physical connection; a session can outlive several. Opaque. */
  readonly physicalConnectionId: string;
  /** The session; absent with `connect`. Opaque. */
  readonly sessionId?: string;
  /** The user properties of a PUBLISH; empty with other events. */
  readonly userProperties: readonly MqttUserProperty[];
}

/** The connection that an event is about. */
export interface WebPubSubConnection {
  /** Its id; an MQTT client's is the client id. */
  readonly id: string;
  /** The hub, in lower case. */
  readonly hub: string;
  /** The user; absent for anonymous ones, and usually with `connect`. */
  readonly userId?: string;
  /**
   * The negotiated WebSocket subprotocol, such as `json.webpubsub.azure.v1`.
   */
  readonly subprotocol?: string;
  /** The name of the event; a user event's as the client spelled it. */
  readonly eventName: string;
  /** The host of the Web PubSub service. */
  readonly origin: string;
  /** `x-webpubsub-metadata-*` of a user event, by the rest of the name. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Set for MQTT clients. */
  readonly mqtt?: MqttConnection;
  /** A header of the request, decoded as UTF-8; any case. */
  readonly header: (name: string) => string | undefined;
}

/** The data of non-blocking events. */
export interface NotificationData {
  /** The connection that the event is about. */
  readonly connection: WebPubSubConnection;
  /** The state that the service stores with it. */
  readonly state: ReadonlyConnectionState;
}

/** The data of blocking events. */
export interface BlockingData {
  /** The connection that the event is about. */
  readonly connection: WebPubSubConnection;
  /**
   * The state that the service stores with it; changes are sent with the
   * answer.
   */
  readonly state: ConnectionState;
}

/** A client's TLS certificate. */
export interface ClientCertificate {
  /** SHA-1, as hex digits. */
  readonly thumbprint: string;
  /** The certificate as PEM, if the service sends it. */
  readonly content?: string;
}

/** The contents of an MQTT client's CONNECT. */
export interface MqttConnectProperties {
  /** 4 is MQTT 3.1.1, 5 is MQTT 5. */
  readonly protocolVersion: number;
  /** The user name. */
  readonly username?: string;
  /** The password's bytes in base64. A secret: keep it out of logs. */
  readonly password?: string;
  /** Whether the client starts a new session. */
  readonly cleanStart?: boolean;
  /** User properties (MQTT 5). */
  readonly userProperties: readonly MqttUserProperty[];
}

/** A client wants to connect. */
export interface ConnectData extends BlockingData {
  /** The claims of the client's token. */
  readonly claims: Lists;
  /** The query of its URL, without `access_token`. */
  readonly query: Lists;
  /** The headers of its handshake, without `Authorization`. */
  readonly headers: Lists;
  /** The WebSocket subprotocols it offers. */
  readonly subprotocols: readonly string[];
  /** Its TLS certificates. */
  readonly clientCertificates: readonly ClientCertificate[];
  /** Set for MQTT clients. */
  readonly mqtt?: MqttConnectProperties;
}

/** A client is connected. For MQTT: its session is new. */
export type ConnectedData = NotificationData;

/** A client has disconnected. For MQTT: its session has ended. */
export interface DisconnectedData extends NotificationData {
  /** The reason, in the service's words. */
  readonly reason?: string;
  /** Set for MQTT clients. */
  readonly mqtt?: {
    /** Whether the client ended the connection. */
    readonly initiatedByClient: boolean;
    /** The last DISCONNECT; absent after a network failure. */
    readonly disconnectPacket?: {
      /** Its reason code; 0 for MQTT 3.1.1. */
      readonly code: number;
      /** Its user properties. */
      readonly userProperties: readonly MqttUserProperty[];
    };
  };
}

/** A connection has joined or left a group. */
export interface GroupData extends NotificationData {
  /** The group. */
  readonly group: string;
}

/** The content that a client has sent. */
export type UserEventContent =
  | {
    /** Text. */
    readonly dataType: "text";
    /** The text. */
    readonly content: string;
  }
  | {
    /** JSON. */
    readonly dataType: "json";
    /** The value: any JSON value. */
    readonly content: unknown;
  }
  | {
    /** Bytes, or any type other than text and JSON. */
    readonly dataType: "binary";
    /** The bytes. */
    readonly content: Uint8Array;
    /** Their MIME type. */
    readonly contentType: string;
  };

/** A client has sent a message or a custom event. */
export type UserEventData = BlockingData & UserEventContent;
