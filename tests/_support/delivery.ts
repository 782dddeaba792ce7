/**
 * Events, handlers, deliveries and contexts for tests.
 *
 * @module
 */

import type { Context } from "../../lib/core/context.ts";
import type { Delivery } from "../../lib/core/dispatcher.ts";
import type { Event, EventType } from "../../lib/core/event.ts";
import { type Handler, on, type OnOptions } from "../../lib/core/on.ts";
import { testConfig } from "./config.ts";
import { recordLog } from "./log.ts";

/** The type of events that tests deliver unless they say otherwise. */
export const TEST_TYPE = "userAuthentication.userLoggedIn";

/** An event of {@linkcode TEST_TYPE}, in the namespace of `testConfig()`. */
export function testEvent(overrides: Partial<Event> = {}): Event {
  return {
    id: "event-1",
    type: TEST_TYPE,
    source: "accelbyte.iam.account.v1",
    namespace: "test-namespace",
    data: {},
    ...overrides,
  };
}

/** A handler of any types, known to the proto files or not. Returns by default. */
export function testHandler(
  handle: Handler["handle"] = () => {},
  options: OnOptions & { readonly types?: string | readonly string[] } = {},
): Handler {
  const { types = TEST_TYPE, ...rest } = options;
  // All of them would be declared here.
  const { declaredAt: _, ...handler } = on(
    types as EventType | readonly EventType[],
    handle as (event: Event, ctx: Context) => void,
    rest,
  );
  return Object.freeze(handler);
}

/** A delivery as a source hands it to the pipe. */
export function testDelivery(overrides: Partial<Delivery> = {}): Delivery {
  return {
    event: testEvent(),
    handler: testHandler(),
    route: TEST_TYPE,
    source: "test",
    controller: new AbortController(),
    deadline: undefined,
    attempt: 1,
    firstAt: undefined,
    refusal: undefined,
    encode: undefined,
    isReplay: false,
    ...overrides,
  };
}

/** What the handler of a delivery gets. Its AGS refuses everything. */
export function testContext(delivery: Delivery): Context {
  return {
    signal: delivery.controller.signal,
    attempt: delivery.attempt,
    log: recordLog(),
    config: testConfig(),
    ags: {
      namespace: "test-namespace",
      request: (method, path) =>
        Promise.reject(new Error(`No AGS in this test: ${method} ${path}`)),
    },
    messaging: {
      publish: (topic) =>
        Promise.reject(new Error(`No messaging in this test: ${topic}`)),
    },
    webPubSub: {
      hub: () => {
        throw new Error("No Web PubSub in this test");
      },
    },
    eventStream: {
      publish: (topic) =>
        Promise.reject(new Error(`No event stream in this test: ${topic}`)),
    },
    ...(delivery.deadline !== undefined && { deadline: delivery.deadline }),
  };
}
