/**
 * Third-party HTTP APIs for handlers: `event-handler/destinations`.
 *
 * @module
 */

export { apiDestination } from "./api_destination.ts";
export type * from "./destination.ts";
export {
  apiKey,
  type ApiKeyAuth,
  type Auth,
  basic,
  type BasicAuth,
  oauthClient,
  type OAuthClientAuth,
} from "./auth.ts";
export { DestinationOptionsError } from "./_check_options.ts";
export { DestinationError, type DestinationErrorOptions } from "./errors.ts";
export type { Resolve } from "./_addresses.ts";
export {
  createRedisRateLimit,
  type RedisCommands,
  type RedisRateLimitOptions,
} from "./redis_rate_limit.ts";
export {
  createTicket,
  type OpenTicket,
  type Ticket,
  zendesk,
  type ZendeskOptions,
} from "./zendesk.ts";
