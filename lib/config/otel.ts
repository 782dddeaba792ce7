/**
 * Settings of traces, with OpenTelemetry's own names, values and defaults.
 *
 * @module
 * @see {@link https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/}
 */

import { z } from "zod";
import { flag, integer, NONE, oneLine, webUrl } from "./kinds.ts";
import { type ConfigOf, defineSettings } from "./setting.ts";

/** OpenTelemetry's sampler names. */
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

/** A format for propagating traces. */
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

/** The service's name in traces if none is set. */
export const DEFAULT_SERVICE_NAME = "extend-event-handler";

const endpoint = z.literal(NONE).or(webUrl().transform(({ href }) => href));

/** The settings of traces. */
export const OTEL_SETTINGS = defineSettings({
  /** The Zipkin endpoint, or `none`. */
  otelZipkinEndpoint: {
    env: "OTEL_EXPORTER_ZIPKIN_ENDPOINT",
    doc: "Zipkin endpoint for spans, `http://…/api/v2/spans`",
    expected: "an http or https URL without credentials, or none",
    default: NONE,
    // A query may contain a key.
    secret: "maybe",
    schema: endpoint,
  },
  /** Whether the runtime sends spans by OTLP. */
  otelDeno: {
    env: "OTEL_DENO",
    doc:
      "`true`: the runtime sends spans by OTLP; it cannot be set in `.env`, " +
      "and for an executable only when compiling",
    expected: "true or false",
    default: "false",
    schema: flag,
  },
  /** The exporter; `auto`: Zipkin if it has an endpoint. */
  otelTracesExporter: {
    env: "OTEL_TRACES_EXPORTER",
    doc: "`zipkin`, `otlp`, `none`, or `auto`: Zipkin if it has an endpoint",
    expected: "auto, zipkin, otlp or none",
    default: "auto",
    schema: z.enum(["auto", "zipkin", "otlp", "none"]),
  },
  /** Whether traces are off, whatever else is set. */
  otelSdkDisabled: {
    env: "OTEL_SDK_DISABLED",
    doc: "`true`: no traces, whatever else is set",
    expected: "true or false",
    default: "false",
    schema: flag,
  },
  /** The service's name in traces. */
  otelServiceName: {
    env: "OTEL_SERVICE_NAME",
    doc: "Name of the service in traces",
    expected: "a name of up to 255 characters",
    default: DEFAULT_SERVICE_NAME,
    schema: oneLine().min(1).max(255),
  },
  /** `name=value` pairs added to every span, or `none`. */
  otelResourceAttributes: {
    env: "OTEL_RESOURCE_ATTRIBUTES",
    doc: "Attributes of the service, added to every span: " +
      "`name=value,name=value`",
    expected:
      "name=value pairs, separated by commas and percent-encoded, or none",
    default: NONE,
    schema: z.literal(NONE).or(
      z.string().max(4_096).refine((text) =>
        parseResourceAttributes(text) !== undefined
      ),
    ),
  },
  /** The sampler. */
  otelTracesSampler: {
    env: "OTEL_TRACES_SAMPLER",
    doc:
      "Which spans are sampled: `always_on`, `always_off`, `traceidratio`, " +
      "or `parentbased_` and one of these, which follows the caller's " +
      "decision",
    expected: SAMPLERS.join(", "),
    default: "parentbased_always_on",
    schema: z.enum(SAMPLERS),
  },
  /** The ratio of the ratio samplers. */
  otelTracesSamplerArg: {
    env: "OTEL_TRACES_SAMPLER_ARG",
    doc: "Ratio of spans that `traceidratio` samples",
    expected: "a number from 0 to 1",
    default: "1",
    schema: z.string().regex(/^(\d|\d?\.\d{1,18})$/).transform(Number)
      .pipe(z.number().min(0).max(1)),
  },
  /** The propagation formats. */
  otelPropagators: {
    env: "OTEL_PROPAGATORS",
    doc:
      "Propagation formats of traces: `tracecontext` (W3C), `b3`, `b3multi`, " +
      "`baggage` (incoming only), or `none`",
    expected:
      "some of tracecontext, baggage, b3 and b3multi, separated by commas, " +
      "or none",
    default: "tracecontext,baggage,b3",
    schema: z.string()
      .transform((text) => text.split(",").map((name) => name.trim()))
      .pipe(z.array(z.enum(PROPAGATORS))),
  },
  /** How long spans wait to be sent in a batch. */
  otelBspScheduleDelay: {
    env: "OTEL_BSP_SCHEDULE_DELAY",
    doc: "How long spans wait to be sent in a batch, in milliseconds",
    expected: "a whole number from 1 to 600000",
    default: "5000",
    schema: integer(1, 600_000),
  },
  /** The most waiting spans; more are dropped. */
  otelBspMaxQueueSize: {
    env: "OTEL_BSP_MAX_QUEUE_SIZE",
    doc: "Most spans that wait; more are dropped",
    expected: "a whole number from 1 to 65536",
    default: "2048",
    schema: integer(1, 65_536),
  },
  /** The most spans per batch. */
  otelBspMaxExportBatchSize: {
    env: "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    doc: "Most spans per batch",
    expected: "a whole number from 1 to 65536",
    default: "512",
    schema: integer(1, 65_536),
  },
  /** Time limit for sending a batch. */
  otelBspExportTimeout: {
    env: "OTEL_BSP_EXPORT_TIMEOUT",
    doc: "Time limit for sending a batch of spans, in milliseconds",
    expected: "a whole number from 1 to 600000",
    default: "30000",
    schema: integer(1, 600_000),
  },
});

/** These settings, validated. */
export type OtelConfig = ConfigOf<typeof OTEL_SETTINGS>;

/**
 * Parses `OTEL_RESOURCE_ATTRIBUTES`: pairs as in the W3C Baggage header,
 * percent-encoded.
 *
 * @returns `undefined` if a pair is invalid: the specification then requires
 * discarding all of them.
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
          throw new SyntaxError("Pair is invalid");
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
