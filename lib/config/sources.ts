/**
 * The enabled sources.
 *
 * @module
 */

import { z } from "zod";
import { type ConfigOf, defineSettings } from "./setting.ts";

const names = z.string()
  .transform((text) => [...new Set(text.split(",").map((each) => each.trim()))])
  .pipe(z.array(z.string().regex(/^[a-z][A-Za-z]*$/)).min(1));

/** The enabled sources. */
export const SOURCES_SETTINGS = defineSettings({
  /** Their names. */
  sources: {
    env: "SOURCES",
    doc: "Enabled sources: `grpc` (AGS's connector calls), `kafka` (they are " +
      "read from the event stream), `clientEvents` (game clients send them over " +
      "HTTP), `webPubSub` (Azure Web PubSub calls), or several, separated by commas",
    expected: "names of sources, separated by commas",
    default: "grpc",
    schema: names,
  },
});

/** These settings, validated. */
export type SourcesConfig = ConfigOf<typeof SOURCES_SETTINGS>;
