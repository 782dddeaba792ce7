/**
 * The settings of traces: OpenTelemetry's own names, values and defaults.
 *
 * @module
 * @see {@link https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/}
 */

import { z } from "zod";
import { flag, integer, NONE, oneLine, webUrl } from "./kinds.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

/** Which spans are kept, by the names that OpenTelemetry gives its samplers. */
export type SamplerName =
  | "always_on"
  | "always_off"
  | "traceidratio"
  | "parentbased_always_on"
  | "parentbased_always_off"
  | "parentbased_traceidratio";

const SAMPLERS = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const satisfies readonly SamplerName[];

/** A format in which a trace comes in and goes out. */
export type PropagatorName =
  | "tracecontext"
  | "baggage"
  | "b3"
  | "b3multi"
  | "none";

const PROPAGATORS = [
  "tracecontext",
  "baggage",
  "b3",
  "b3multi",
  "none",
] as const satisfies readonly PropagatorName[];

/** The service's name where nothing gives another. */
export const DEFAULT_SERVICE_NAME = "extend-event-handler";

const endpoint = z.literal(NONE).or(webUrl().transform(({ href }) => href));

/** The settings of traces. */
export const OTEL_SETTINGS = defineSettings({
  /** Where Zipkin takes spans, or `none`. */
  otelZipkinEndpoint: {
    env: "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
    doc: "Where Zipkin takes spans, `http://…/api/v2/spans`",
    expected: "an http or https URL without credentials, or none",
    default: NONE,
    // A query may hold a key.
    secret: "maybe",
    schema: endpoint,
  },
  /** Whether the runtime sends spans by OTLP. */
  otelDeno: {
    env: "OTEL_DENO",
    doc: "`true`: the runtime sends spans by OTLP; not from `.env`, and for " +
      "an executable when it is compiled",
    expected: "true or false",
    default: "false",
    schema: flag,
  },
  /** Where spans go; `auto`: to Zipkin when it has an address. */
  otelTracesExporter: {
    env: "OTEL_TRACES_EXPORTER",
    doc: "`zipkin`, `otlp`, `none`, or `auto`: Zipkin if it has an address",
    expected: "auto, zipkin, otlp or none",
    default: "auto",
    schema: z.enum(["auto", "zipkin", "otlp", "none"]),
  },
  /** Whether there are no traces, whatever else is set. */
  otelSdkDisabled: {
    env: "OTEL_SDK_DISABLED",
    doc: "`true`: no traces, whatever else is set",
    expected: "true or false",
    default: "false",
    schema: flag,
  },
  /** What the service is called in traces. */
  otelServiceName: {
    env: "OTEL_SERVICE_NAME",
    doc: "What the service is called in traces",
    expected: "a name of up to 255 characters",
    default: DEFAULT_SERVICE_NAME,
    schema: oneLine().min(1).max(255),
  },
  /** `name=value` pairs that every span gets, or `none`. */
  otelResourceAttributes: {
    env: "OTEL_RESOURCE_ATTRIBUTES",
    doc: "What every span says of the service: `name=value,name=value`",
    expected: "name=value pairs with commas between, percent-encoded, or none",
    default: NONE,
    schema: z.literal(NONE).or(
      z.string().max(4_096).refine((text) =>
        parseResourceAttributes(text) !== undefined
      ),
    ),
  },
  /** Which spans are kept. */
  otelTracesSampler: {
    env: "OTEL_TRACES_SAMPLER",
    doc: "Which spans are kept: `always_on`, `always_off`, `traceidratio`, " +
      "or `parentbased_` and one of these: what the caller decided",
    expected: SAMPLERS.join(", "),
    default: "parentbased_always_on",
    schema: z.enum(SAMPLERS),
  },
  /** The share that the ratio samplers keep. */
  otelTracesSamplerArg: {
    env: "OTEL_TRACES_SAMPLER_ARG",
    doc: "The share that `traceidratio` keeps",
    expected: "a number from 0 to 1",
    default: "1",
    schema: z.string().regex(/^(\d|\d?\.\d{1,18})$/).transform(Number)
      .pipe(z.number().min(0).max(1)),
  },
  /** In which formats a trace comes in and goes out. */
  otelPropagators: {
    env: "OTEL_PROPAGATORS",
    doc: "Formats of traces that come in and go out: `tracecontext` (W3C), " +
      "`b3`, `b3multi`, `baggage` (comes in only), or `none`",
    expected: "some of tracecontext, baggage, b3 and b3multi with commas " +
      "between, or none",
    default: "tracecontext,baggage,b3",
    schema: z.string()
      .transform((text) => text.split(",").map((name) => name.trim()))
      .pipe(z.array(z.enum(PROPAGATORS))),
  },
  /** How long spans wait for others to be sent with. */
  otelBspScheduleDelay: {
    env: "OTEL_BSP_SCHEDULE_DELAY",
    doc: "How long spans wait to be sent together, in milliseconds",
    expected: "a whole number from 1 to 600000",
    default: "5000",
    schema: integer(1, 600_000),
  },
  /** How many spans wait at most; more are dropped. */
  otelBspMaxQueueSize: {
    env: "OTEL_BSP_MAX_QUEUE_SIZE",
    doc: "Spans that wait, at most; more are dropped",
    expected: "a whole number from 1 to 65536",
    default: "2048",
    schema: integer(1, 65_536),
  },
  /** How many spans are sent at once. */
  otelBspMaxExportBatchSize: {
    env: "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    doc: "Spans that are sent together, at most",
    expected: "a whole number from 1 to 65536",
    default: "512",
    schema: integer(1, 65_536),
  },
  /** How long one delivery may take. */
  otelBspExportTimeout: {
    env: "OTEL_BSP_EXPORT_TIMEOUT",
    doc: "How long one delivery of spans may take, in milliseconds",
    expected: "a whole number from 1 to 600000",
    default: "30000",
    schema: integer(1, 600_000),
  },
});

/** These settings, checked. */
export type OtelConfig = ConfigOf<typeof OTEL_SETTINGS>;

/**
 * Reads `OTEL_RESOURCE_ATTRIBUTES`: pairs as in the W3C Baggage header, percent-encoded.
 *
 * @returns `undefined` when a pair is none: the specification wants all of them
 * discarded then.
 */
export function parseResourceAttributes(
  text: string,
): Readonly<Record<string, string>> | undefined {
  if (text === NONE) return {};
  try {
    const pairs = text.split(",").filter((pair) => pair.trim() !== "")
      .map((pair): [string, string] => {
        const [name = "", value, ...rest] = pair.split("=");
        if (name.trim() === "" || value === undefined || rest.length > 0) {
          throw new SyntaxError("Pair is none");
        }
        return [
          decodeURIComponent(name.trim()),
          decodeURIComponent(value.trim()),
        ];
      });
    return Object.fromEntries(pairs);
  } catch {
    return undefined;
  }
}
