/**
 * What handlers are made of.
 *
 * A handler is one file in `handlers/` that exports what {@linkcode on} returns:
 *
 * ```ts
 * import { on } from "./mod.ts";
 *
 * export default on("userAuthentication.userLoggedIn", (event, ctx) => {
 *   ctx.log.info("Player logged in", { at: event.time });
 * });
 * ```
 *
 * When the function returns, the event is done and never comes again. When it
 * throws {@linkcode TerminalError}, the event will never work and does not come
 * again either. When it throws {@linkcode RetryableError} or anything else, AGS
 * delivers the event again.
 *
 * @module
 */

export { on } from "./lib/core/on.ts";
export type { Handler, OnOptions } from "./lib/core/on.ts";
export { parseJson } from "./lib/core/parse_json.ts";
export {
  EventError,
  type EventErrorOptions,
  type Fault,
  RetryableError,
  type RetryableErrorOptions,
  TerminalError,
  type TerminalErrorOptions,
} from "./lib/core/errors.ts";
export {
  type Messaging,
  PublishError,
  type PublishErrorOptions,
  type PublishOptions,
} from "./lib/core/messaging.ts";
export type {
  PublishEvent,
  PublishEventOptions,
} from "./lib/core/event_publishing.ts";
export { AgsError, type AgsErrorOptions } from "./lib/ags/errors.ts";
export type {
  ChannelOf,
  ChannelPattern,
  Event,
  EventFor,
  EventMap,
  EventPattern,
  EventType,
  MatchingType,
  ReturnFor,
  ScheduledTaskResult,
} from "./lib/core/event.ts";
export type {
  Ags,
  AgsMethod,
  AgsRequestOptions,
  Context,
  LogFields,
  Logger,
} from "./lib/core/context.ts";
export type { Config } from "./lib/core/config.ts";
export type {
  KafkaConfig,
  SaslMechanism,
  SourceName,
} from "./lib/config/kafka.ts";
export type {
  OtelConfig,
  PropagatorName,
  SamplerName,
} from "./lib/config/otel.ts";
export type { RedisUrl } from "./lib/config/redis_url.ts";
export type { Secret } from "./lib/config/secret.ts";
