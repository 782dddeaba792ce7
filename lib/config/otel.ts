/**
 * The settings of traces: OpenTelemetry's own names, values and defaults.
 *
 * @module
 * @see {@link https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/}
 */

import { z } from "zod";

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

/** The settings, checked. Durations are in milliseconds. */
export interface OtelConfig {
  /** Whether the runtime sends spans by OTLP. */
  readonly otelDeno: boolean;
  /** Whether there are no traces, whatever else is set. */
  readonly otelSdkDisabled: boolean;
  /** Where spans go; `auto`: to Zipkin when it has an address. */
  readonly otelTracesExporter: "auto" | "zipkin" | "otlp" | "none";
  /** Where Zipkin takes spans, or `none`. */
  readonly otelZipkinEndpoint: string;
  /** What the service is called in traces. */
  readonly otelServiceName: string;
  /** `name=value` pairs that every span gets, or `none`. */
  readonly otelResourceAttributes: string;
  /** Which spans are kept. */
  readonly otelTracesSampler: SamplerName;
  /** The share that the ratio samplers keep. */
  readonly otelTracesSamplerArg: number;
  /** In which formats a trace comes in and goes out. */
  readonly otelPropagators: readonly PropagatorName[];
  /** How long spans wait for others to be sent with. */
  readonly otelBspScheduleDelay: number;
  /** How many spans wait at most; more are dropped. */
  readonly otelBspMaxQueueSize: number;
  /** How many spans are sent at once. */
  readonly otelBspMaxExportBatchSize: number;
  /** How long one delivery may take. */
  readonly otelBspExportTimeout: number;
}

/** The service's name where nothing gives another. */
export const DEFAULT_SERVICE_NAME = "extend-event-handler";

/** How a setting says that there is none: an empty variable counts as unset. */
export const NONE = "none";

const flag = z.string().toLowerCase().pipe(z.enum(["true", "false"]))
  .transform((value) => value === "true");

function wholeNumber(max: number): z.ZodType<number, string> {
  return z.string().regex(/^\d{1,9}$/).transform(Number)
    .pipe(z.number().min(1).max(max));
}

const endpoint = z.literal(NONE).or(
  z.url({ protocol: /^https?$/ }).transform((url) => new URL(url))
    // fetch() refuses credentials.
    .refine(({ username, password }) => `${username}${password}` === "")
    .transform(({ href }) => href),
);

/** The rows of the settings' table, see `lib/config/config.ts`. */
export const OTEL_SETTINGS: {
  readonly [K in keyof OtelConfig]: {
    readonly env: string;
    readonly doc: string;
    readonly expected: string;
    readonly default: string;
    readonly schema: z.ZodType<OtelConfig[K], string>;
  };
} = {
  otelZipkinEndpoint: {
    env: "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
    doc: "Where Zipkin takes spans, `http://…/api/v2/spans`",
    expected: "an http or https URL without credentials, or none",
    default: NONE,
    schema: endpoint,
  },
  otelDeno: {
    env: "OTEL_DENO",
    doc: "`true`: the runtime sends spans by OTLP; not from `.env`, and for " +
      "an executable when it is compiled",
    expected: "true or false",
    default: "false",
    schema: flag,
  },
  otelTracesExporter: {
    env: "OTEL_TRACES_EXPORTER",
    doc: "`zipkin`, `otlp`, `none`, or `auto`: Zipkin if it has an address",
    expected: "auto, zipkin, otlp or none",
    default: "auto",
    schema: z.enum(["auto", "zipkin", "otlp", "none"]),
  },
  otelSdkDisabled: {
    env: "OTEL_SDK_DISABLED",
    doc: "`true`: no traces, whatever else is set",
    expected: "true or false",
    default: "false",
    schema: flag,
  },
  otelServiceName: {
    env: "OTEL_SERVICE_NAME",
    doc: "What the service is called in traces",
    expected: "a name of up to 255 characters",
    default: DEFAULT_SERVICE_NAME,
    schema: z.string().min(1).max(255),
  },
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
  otelTracesSampler: {
    env: "OTEL_TRACES_SAMPLER",
    doc: "Which spans are kept: `always_on`, `always_off`, `traceidratio`, " +
      "or `parentbased_` and one of these: what the caller decided",
    expected: SAMPLERS.join(", "),
    default: "parentbased_always_on",
    schema: z.enum(SAMPLERS),
  },
  otelTracesSamplerArg: {
    env: "OTEL_TRACES_SAMPLER_ARG",
    doc: "The share that `traceidratio` keeps",
    expected: "a number from 0 to 1",
    default: "1",
    schema: z.string().regex(/^(\d|\d?\.\d{1,18})$/).transform(Number)
      .pipe(z.number().min(0).max(1)),
  },
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
  otelBspScheduleDelay: {
    env: "OTEL_BSP_SCHEDULE_DELAY",
    doc: "How long spans wait to be sent together, in milliseconds",
    expected: "a whole number from 1 to 600000",
    default: "5000",
    schema: wholeNumber(600_000),
  },
  otelBspMaxQueueSize: {
    env: "OTEL_BSP_MAX_QUEUE_SIZE",
    doc: "Spans that wait, at most; more are dropped",
    expected: "a whole number from 1 to 65536",
    default: "2048",
    schema: wholeNumber(65_536),
  },
  otelBspMaxExportBatchSize: {
    env: "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    doc: "Spans that are sent together, at most",
    expected: "a whole number from 1 to 65536",
    default: "512",
    schema: wholeNumber(65_536),
  },
  otelBspExportTimeout: {
    env: "OTEL_BSP_EXPORT_TIMEOUT",
    doc: "How long one delivery of spans may take, in milliseconds",
    expected: "a whole number from 1 to 600000",
    default: "30000",
    schema: wholeNumber(600_000),
  },
};

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
