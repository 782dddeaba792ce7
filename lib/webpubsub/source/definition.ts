/**
 * The Web PubSub source: Azure Web PubSub calls.
 *
 * @module
 */

import { WEBPUBSUB_SETTINGS } from "../../config/webpubsub.ts";
import { channelOf } from "../../core/event_types.ts";
import type { SourceDefinition } from "../../core/source.ts";
import { createWebPubSubSource } from "./source.ts";
import { CHANNEL, createRouteOf, EVENT_TYPES, OPEN_TYPES } from "./_types.ts";
import {
  createCodeCheck,
  createValidator,
  webPubSubProblems,
} from "./_validator.ts";

/** The source, as the service knows it. */
export const webPubSubSource: SourceDefinition<typeof WEBPUBSUB_SETTINGS> = {
  name: CHANNEL,
  topic: { settings: WEBPUBSUB_SETTINGS, problems: webPubSubProblems },
  eventTypes: EVENT_TYPES,
  openTypes: OPEN_TYPES,
  carries: (type) => channelOf(type) === CHANNEL,
  async open({ app, config, http, inbox, log, memory }) {
    const validator = createValidator(config);
    if (validator === undefined) {
      log.warn("Web PubSub events are taken from whoever reaches the port", {
        setting: "WEBPUBSUB_AUTH=none",
      });
    }
    const routes = await http();
    const { register } = await inbox();
    routes.add(...createWebPubSubSource({
      app,
      routeOf: createRouteOf(app.types),
      config,
      validator,
      hasCode: createCodeCheck(config),
      register,
      memory,
      log,
    }));
    const { port, basePath } = routes;
    return {
      name: CHANNEL,
      endpoints: [{
        label: "Web PubSub",
        value: `http://localhost:${port}${basePath}${config.webPubSubPath}`,
      }],
      port,
      ready: () => Promise.resolve(),
      // The listener takes nothing new, and waits for what is under way.
      drain: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  },
};
