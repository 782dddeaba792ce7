/**
 * The API for writing handlers.
 *
 * A handler is one file in `handlers/` that exports what {@linkcode on} returns:
 *
 * ```ts
 * import { on } from "event-handler";
 *
 * export default on("userAuthentication.userLoggedIn", (event, ctx) => {
 *   ctx.log.info("Player logged in", { at: event.time });
 * });
 * ```
 *
 * If the function returns, the event is done and is not delivered again. If it
 * throws {@linkcode TerminalError}, the event can never succeed and is not
 * delivered again either. If it throws {@linkcode RetryableError} or anything
 * else, AGS delivers the event again.
 *
 * @module
 */

export { on } from "./core/on.ts";
export type { Handler, OnOptions } from "./core/on.ts";
export { matching } from "./matching/matching.ts";
export type { EventMatch } from "./matching/matching.ts";
export { PatternError } from "./matching/errors.ts";
export type {
  AffixOperand,
  Alternative,
  AnythingBut,
  FieldItem,
  FieldPattern,
  FieldsPattern,
  LowerBound,
  NumericOperand,
  Operator,
  OperatorName,
  UpperBound,
} from "./matching/pattern.ts";
export { parseJson } from "./core/parse_json.ts";
export {
  EventError,
  type EventErrorOptions,
  type Fault,
  RetryableError,
  type RetryableErrorOptions,
  StartError,
  TerminalError,
  type TerminalErrorOptions,
} from "./core/errors.ts";
export {
  type Messaging,
  PublishError,
  type PublishErrorOptions,
  type PublishOptions,
} from "./core/messaging.ts";
export type {
  EventPublishing,
  EventToPublish,
  PublishEventOptions,
} from "./core/event_publishing.ts";
export { AgsError, type AgsErrorOptions } from "./ags/errors.ts";
export type {
  ChannelOf,
  ChannelPattern,
  ClientEvent,
  Event,
  EventFor,
  EventMap,
  EventPattern,
  EventType,
  MatchingType,
  ReturnFor,
  ScheduledTaskResult,
} from "./core/event.ts";
export type {
  Ags,
  AgsMethod,
  AgsRequestOptions,
  Context,
  LogFields,
  Logger,
  WebPubSubHubs,
} from "./core/context.ts";
export type { Config } from "./core/config.ts";
export type {
  ConfigOf,
  Kind,
  Lookup,
  Setting,
  Settings,
} from "./config/setting.ts";
export type { ServiceConfig } from "./config/table.ts";
export type { SaslMechanism } from "./config/kafka.ts";
export type { PropagatorName, SamplerName } from "./config/otel.ts";
export type { RedisUrl } from "./config/redis_url.ts";
export type { Secret } from "./config/secret.ts";
