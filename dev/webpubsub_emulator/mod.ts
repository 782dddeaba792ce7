/**
 * An emulator of Azure Web PubSub: clients over WebSocket, events to an upstream, and
 * the REST API.
 *
 * What it does is what Microsoft's own emulator does, as far as JSON clients go; MQTT,
 * protobuf frames, streams and group states are left out.
 *
 * @module
 */

export { startWebPubSubEmulator, type WebPubSubEmulator } from "./emulator.ts";
export type { Fault, FaultKind } from "./faults.ts";
export {
  DEFAULT_ACCESS_KEY,
  type EventHandlerSettings,
  type GroupEvent,
  type SystemEvent,
  type WebPubSubEmulatorOptions,
} from "./options.ts";
