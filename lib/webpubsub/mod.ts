/**
 * Azure Web PubSub events, for any server that uses the Fetch standard.
 *
 * Web PubSub calls an app over HTTP when its clients connect, send or leave.
 * {@linkcode WebPubSubUpstream} authenticates the call, parses the event, runs
 * a handler and writes the answer.
 *
 * ```ts
 * import {
 *   AccessKeyValidator,
 *   ConnectionRefused,
 *   WebPubSubUpstream,
 * } from "event-handler/web-pubsub";
 *
 * const upstream = new WebPubSubUpstream({
 *   validator: new AccessKeyValidator(
 *     "Endpoint=https://chat.webpubsub.azure.com;AccessKey=secret;Version=1.0;",
 *   ),
 *   handleConnect({ data }) {
 *     const user = data.claims.sub?.[0];
 *     if (user === undefined) throw new ConnectionRefused(401, "no user");
 *     return { userId: user, groups: ["lobby"] };
 *   },
 *   handleUserEvent({ data }) {
 *     data.state.set("seen", true);
 *     return data.dataType === "text" ? data.content.toUpperCase() : undefined;
 *   },
 * });
 *
 * const handler = upstream.wrap(() => new Response("Hello"), "/upstream");
 * const answer = await handler(new Request("http://localhost/"));
 * console.assert(await answer.text() === "Hello");
 * ```
 *
 * @module
 */

export { WebPubSubUpstream } from "./upstream.ts";
export type {
  FetchHandler,
  UpstreamHandlers,
  UpstreamOptions,
  WrapOptions,
} from "./upstream_options.ts";
export {
  type ConnectAnswer,
  InvalidAnswerError,
  type JsonAnswer,
  type UserAnswer,
} from "./answer.ts";
export {
  type DataType,
  type Reply,
  reply,
  type ReplyOptions,
} from "./reply.ts";
export {
  ConnectionRefused,
  type ConnectionRefusedOptions,
  type MqttRefusal,
} from "./refusal.ts";
export { ServiceResponse, type ServiceResponseOptions } from "./response.ts";
export type {
  ConnectedRequest,
  ConnectRequest,
  DisconnectedRequest,
  EventRequest,
  GroupRequest,
  RequestKind,
  ServiceRequest,
  UserEventRequest,
} from "./request.ts";
export type { RequestContext } from "./request_context.ts";
export type { HeadersLike } from "./headers.ts";
export type { UpstreamLog } from "./log.ts";
export type {
  BlockingData,
  ClientCertificate,
  ConnectData,
  ConnectedData,
  DisconnectedData,
  GroupData,
  Lists,
  MqttConnection,
  MqttConnectProperties,
  MqttUserProperty,
  NotificationData,
  UserEventContent,
  UserEventData,
  WebPubSubConnection,
} from "./types.ts";
export {
  type ConnectionState,
  MAX_STATE_LENGTH,
  type ReadonlyConnectionState,
  type StateChanges,
  StateTooLargeError,
  type StateValue,
} from "./state.ts";
export {
  BodyIncompleteError,
  BodyTooLargeError,
  HeaderNotFound,
  InvalidConnectRequestError,
  InvalidEventNameError,
  InvalidEventTypeError,
  InvalidUserEventError,
  OverloadedError,
  TryAgainError,
  UpstreamError,
  type UpstreamErrorOptions,
  ValidationFailedError,
  ValidatorUnavailableError,
} from "./errors.ts";
export { allOf, anyOf, type RequestValidator } from "./validator.ts";
export { AccessKeyValidator } from "./access_key_validator.ts";
export {
  EntraValidator,
  type EntraValidatorOptions,
} from "./entra_validator.ts";
export {
  type ConnectionString,
  parseConnectionString,
} from "./connection_string.ts";
export { DeadlineError } from "./deadline.ts";
export {
  type ClientCredentials,
  createWebPubSubClient,
  type WebPubSubClientOptions,
} from "./rest/client.ts";
export { WebPubSubError, type WebPubSubErrorOptions } from "./rest/error.ts";
export type {
  ClientTokenOptions,
  CloseOptions,
  HubService,
  Member,
  Permission,
  SendOptions,
  WebPubSubService,
} from "./rest/types.ts";
