/**
 * Which sources are switched on.
 *
 * @module
 */

import { z } from "zod";
import { type ConfigOf, defineSettings } from "./setting.ts";

const names = z.string()
  .transform((text) => [...new Set(text.split(",").map((each) => each.trim()))])
  .pipe(z.array(z.string().regex(/^[a-z][A-Za-z]*$/)).min(1));

/** Which sources are switched on. */
export const SOURCES_SETTINGS = defineSettings({
  /** The names of those that are. */
  sources: {
    env: "SOURCES",
    doc: "How events come: `grpc` (AGS's connector calls), `kafka` (they are " +
      "read from the event stream), or several with commas between",
    expected: "names of sources with commas between",
    default: "grpc",
    schema: names,
  },
});

/** These settings, checked. */
export type SourcesConfig = ConfigOf<typeof SOURCES_SETTINGS>;
