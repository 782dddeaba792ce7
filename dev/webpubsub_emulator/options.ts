/**
 * How the Web PubSub emulator is set up.
 *
 * @module
 */

/** Events of the system. */
export type SystemEvent = "connect" | "connected" | "disconnected";

/** Events of groups. */
export type GroupEvent = "joined" | "left";

/** An event handler of a hub, as in the settings of a Web PubSub service. */
export interface EventHandlerSettings {
  /** Where events go; `{hub}` and `{event}` are filled in. */
  readonly url: string;
  /** The hub, in any case. @default {all} */
  readonly hub?: string;
  /** User events, in any case: all, or those named. @default {"*"} */
  readonly userEvents?: "*" | readonly string[];
  /** System events. @default {all three} */
  readonly systemEvents?: readonly SystemEvent[];
  /** Group events. @default {none, as at the service} */
  readonly groupEvents?: readonly GroupEvent[];
  /** Makes the bearer token of a managed identity. @default {none is sent} */
  readonly bearer?: () => Promise<string>;
}

/** Options of `startWebPubSubEmulator`. */
export interface WebPubSubEmulatorOptions {
  /** The port; 0 takes any free one. @default {0} */
  readonly port?: number;
  /** The address to listen on. @default {"127.0.0.1"} */
  readonly hostname?: string;
  /**
   * Where events go: one URL for all of them, or handlers of which the first that
   * matches an event gets it.
   *
   * @default {nowhere: clients can connect and talk to each other}
   */
  readonly upstream?: string | readonly EventHandlerSettings[];
  /** The primary key. @default {a fixed one} */
  readonly accessKey?: string;
  /** The secondary key. */
  readonly secondaryKey?: string;
  /** Whether clients may come without a token. @default {false} */
  readonly allowAnonymous?: boolean;
  /** Waits before an event is delivered again, in milliseconds. @default {[1000, 3000, 5000]} */
  readonly retryDelays?: readonly number[];
  /** Time for an event with all its deliveries, in milliseconds. @default {100000} */
  readonly timeout?: number;
  /** How long a reliable client may be away, in milliseconds. @default {30000} */
  readonly recoveryTime?: number;
  /** Gets a line for all that passes. @default {nobody does} */
  readonly print?: (line: string) => void;
}

/** The key of an emulator that is given none. It protects nothing. */
export const DEFAULT_ACCESS_KEY =
  "WebPubSubEmulatorKeyForDevelopmentOnly0123456789=";
