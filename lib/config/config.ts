/**
 * The settings: one described table that gives parsing, validation, `--help`,
 * `--print-config`, the README's table and `.env.template`. The one place that
 * reads the environment.
 *
 * @module
 */

import { parseEnv } from "node:util";
import { z } from "zod";
import { KAFKA_SETTINGS, type KafkaConfig, kafkaProblems } from "./kafka.ts";
import { LOG_CATEGORIES, parseLogLevels } from "./log_levels.ts";
import { OTEL_SETTINGS, type OtelConfig } from "./otel.ts";
import { RedisUrl } from "./redis_url.ts";
import { Secret } from "./secret.ts";

/** The settings, checked. Durations are in milliseconds. */
export interface Config extends KafkaConfig, OtelConfig {
  /** Where AGS is, without a trailing slash. */
  readonly baseUrl: string;
  /** The IAM client this app logs in as. */
  readonly clientId: string;
  /** That client's secret. */
  readonly clientSecret: Secret;
  /** The namespace this app runs for. */
  readonly namespace: string;
  /** Requests to AGS a minute, from all handlers; 0: as many as they like. */
  readonly rateLimit: number;
  /** The item that the example handlers grant. */
  readonly itemIdToGrant: string;
  /** Where AGS's connector calls. */
  readonly grpcPort: number;
  /** Where `/metrics`, `/livez` and `/readyz` are. */
  readonly metricsPort: number;
  /** Who may send events: whoever can reach the port, or clients of AGS IAM. */
  readonly grpcAuth: "none" | "iam";
  /** Largest event accepted, in bytes. */
  readonly grpcMaxMessageBytes: number;
  /** How long a connection may be silent before it is asked whether it lives. */
  readonly grpcKeepaliveTime: number;
  /** How long it may take to say so. */
  readonly grpcKeepaliveTimeout: number;
  /** Where the sidecar that publishes messages listens on this machine. */
  readonly asyncMessagingPublisherGrpcPort: number;
  /** Time for one event. */
  readonly handlerTimeout: number;
  /** Events handled at once. */
  readonly maxConcurrency: number;
  /** Events that wait for their turn when so many are being handled. */
  readonly maxQueue: number;
  /** Time for the events in flight when the service stops. */
  readonly shutdownGrace: number;
  /** What a rejected event is answered. */
  readonly onReject: "reject" | "ack";
  /** What remembers which events are done. */
  readonly idempotencyStore: "memory" | "cloudsave" | "none" | RedisUrl;
  /** How long they are remembered. */
  readonly idempotencyTtl: number;
  /** Longest lease of a running event's claim. */
  readonly idempotencyLease: number;
  /** Whose events they are, in a store that others use too; `auto`: the client's id. */
  readonly idempotencyScope: string;
  /** Failures until an event is set aside; 0: never. */
  readonly maxAttempts: number;
  /** Which of AGS's fulfillment APIs grants items. */
  readonly fulfillmentApi: "v1" | "v3";
  /** Where events go that will not be delivered again: the log, a file, or topics. */
  readonly deadLetter: "log" | `file:${string}` | `kafka:${string}`;
  /** The size from which a new file of them is begun, in bytes. */
  readonly deadLetterMaxBytes: number;
  /** The least important records that are written, see `parseLogLevels()`. */
  readonly logLevel: string;
  /** How records are written; `auto` is `pretty` on a terminal, `json` otherwise. */
  readonly logFormat: "auto" | "json" | "pretty";
}

/** One row of the table. */
export interface Setting<T = unknown> {
  /** The environment variable. */
  readonly env: string;
  /** What it is for, in one line. */
  readonly doc: string;
  /** What a value has to be, as said in an error message. */
  readonly expected: string;
  /** The value when the variable is unset or empty. Without one it is required. */
  readonly default?: string;
  /** An example for `.env.template`, where there is no default. */
  readonly example?: string;
  /** Whether its value must never be shown. */
  readonly secret?: boolean;
  /** Whether what is not usable must not be shown: it may hold a password. */
  readonly mayHoldSecret?: boolean;
  /** Turns the text into the value. */
  readonly schema: z.ZodType<T, string>;
}

// Quotes are a file's syntax: `docker run --env-file` hands them on as they are.
const text = z.string().trim().min(1).regex(/^(?!(["'`]).*\1$)/s);
const httpUrl = z.url({ protocol: /^https?$/ })
  .transform((url) => new URL(url))
  // fetch() refuses credentials, and a path cannot follow a query.
  .refine(({ username, password, search, hash }) =>
    `${username}${password}${search}${hash}` === ""
  )
  .transform(({ origin, pathname }) =>
    `${origin}${pathname}`.replace(/\/+$/, "")
  );
const port = integer(1, 65_535);

function integer(min: number, max: number): z.ZodType<number, string> {
  return z.string().regex(/^\d{1,10}$/).transform(Number)
    .pipe(z.number().min(min).max(max));
}

function longDuration(min: number, max: number): z.ZodType<number, string> {
  const UNITS: Record<string, number> = {
    ms: 1,
    s: 1_000,
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
  };
  return z.string().regex(/^\d{1,10}(ms|s|m|h|d)$/).transform((value) => {
    const unit = value.replace(/\d+/, "");
    return parseInt(value) * (UNITS[unit] ?? NaN);
  }).pipe(z.number().min(min).max(max));
}

function duration(max: number): z.ZodType<number, string> {
  const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000 };
  return z.string().regex(/^\d{1,9}(ms|s|m)$/).transform((value) => {
    const unit = value.replace(/\d+/, "");
    return parseInt(value) * (UNITS[unit] ?? NaN);
  }).pipe(z.number().min(1).max(max));
}

function redisUrl(value: string, context: z.RefinementCtx): RedisUrl {
  try {
    return new RedisUrl(value);
  } catch {
    context.addIssue({ code: "custom" });
    return z.NEVER;
  }
}

/** The table. A handler's own setting is one more row here and in {@linkcode Config}. */
export const SETTINGS: { readonly [K in keyof Config]: Setting<Config[K]> } = {
  baseUrl: {
    env: "AB_BASE_URL",
    doc:
      "Address of AGS. `deno task dev` uses its own emulator when it is unset",
    expected: "an http or https URL without credentials and query",
    example: "https://mystudio-mygame.prod.gamingservices.accelbyte.io",
    schema: httpUrl,
  },
  clientId: {
    env: "AB_CLIENT_ID",
    doc: "Id of the confidential IAM client the service logs in as",
    expected: "a client id, not in quotes",
    schema: text,
  },
  clientSecret: {
    env: "AB_CLIENT_SECRET",
    doc: "Secret of that client",
    expected: "a client secret, not in quotes",
    secret: true,
    schema: text.transform((value) => new Secret(value)),
  },
  namespace: {
    env: "AB_NAMESPACE",
    doc: "Namespace of the game. Events of other namespaces are skipped",
    expected: "a namespace of letters, digits, - and _",
    example: "mystudio-mygame",
    schema: z.string().trim().regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/),
  },
  rateLimit: {
    env: "AB_RATE_LIMIT",
    doc:
      "Requests to AGS a minute, from all handlers; 0: no limit. Shared Cloud " +
      "allows a studio 5000 by default, over all that it runs",
    expected: "a whole number from 0 to 10000000",
    default: "0",
    schema: integer(0, 10_000_000),
  },
  itemIdToGrant: {
    env: "ITEM_ID_TO_GRANT",
    doc: "Id of the store item that the example handlers grant",
    expected: "an item id, not in quotes",
    schema: text,
  },
  grpcPort: {
    env: "GRPC_PORT",
    doc: "Port of the gRPC server that AGS calls",
    expected: "a port from 1 to 65535",
    default: "6565",
    schema: port,
  },
  metricsPort: {
    env: "METRICS_PORT",
    doc: "Port of `/metrics`, `/livez` and `/readyz`",
    expected: "a port from 1 to 65535",
    default: "8080",
    schema: port,
  },
  grpcAuth: {
    env: "GRPC_AUTH",
    doc:
      "Who may send events: `none` (whoever reaches the port, as AGS's connector " +
      "does) or `iam` (who has a client token of AGS IAM for the namespace)",
    expected: "none or iam",
    default: "none",
    schema: z.enum(["none", "iam"]),
  },
  grpcMaxMessageBytes: {
    env: "GRPC_MAX_MESSAGE_BYTES",
    doc: "Largest event accepted, in bytes; larger ones are answered " +
      "RESOURCE_EXHAUSTED",
    expected: "a whole number from 1024 to 67108864",
    default: "4194304",
    schema: integer(1_024, 67_108_864),
  },
  grpcKeepaliveTime: {
    env: "GRPC_KEEPALIVE_TIME",
    doc: "How long a connection may be silent before it is pinged",
    expected: "a duration such as 500ms, 30s or 2m, up to 120m",
    default: "60s",
    schema: duration(7_200_000),
  },
  grpcKeepaliveTimeout: {
    env: "GRPC_KEEPALIVE_TIMEOUT",
    doc: "How long the ping may go unanswered before the connection is closed",
    expected: "a duration such as 500ms, 30s or 2m, up to 10m",
    default: "20s",
    schema: duration(600_000),
  },
  asyncMessagingPublisherGrpcPort: {
    env: "ASYNC_MESSAGING_PUBLISHER_GRPC_PORT",
    doc:
      "Port on localhost of the sidecar that publishes messages. AGS sets it",
    expected: "a port from 1 to 65535",
    default: "7474",
    schema: port,
  },
  handlerTimeout: {
    env: "HANDLER_TIMEOUT",
    doc: "Time for one event, where the caller's own deadline is not earlier",
    expected: "a duration such as 500ms, 30s or 2m, up to 60m",
    default: "30s",
    schema: duration(3_600_000),
  },
  maxConcurrency: {
    env: "MAX_CONCURRENCY",
    doc: "Events handled at once",
    expected: "a whole number from 1 to 100000",
    default: "256",
    schema: integer(1, 100_000),
  },
  maxQueue: {
    env: "MAX_QUEUE",
    doc:
      "Events beyond that which wait for their turn, up to a second; more are " +
      "answered RESOURCE_EXHAUSTED",
    expected: "a whole number from 0 to 100000",
    default: "64",
    schema: integer(0, 100_000),
  },
  shutdownGrace: {
    env: "SHUTDOWN_GRACE",
    doc: "Time for the events in flight when the service is told to stop",
    expected: "a duration such as 500ms, 30s or 2m, up to 60m",
    default: "20s",
    schema: duration(3_600_000),
  },
  onReject: {
    env: "ON_REJECT",
    doc: "What an event that will never work is answered: `reject` " +
      "(INVALID_ARGUMENT or FAILED_PRECONDITION) or `ack` (OK)",
    expected: "reject or ack",
    default: "reject",
    schema: z.enum(["reject", "ack"]),
  },
  idempotencyStore: {
    env: "IDEMPOTENCY_STORE",
    doc: "What remembers which events are done: `memory` (this process), " +
      "`redis://…` or `rediss://…`, `cloudsave` (both shared by all replicas) or `none`",
    expected: "memory, cloudsave, none or " +
      "redis[s]://[[user]:password@]host[:port][/database]",
    default: "memory",
    mayHoldSecret: true,
    schema: z.union([
      z.enum(["memory", "cloudsave", "none"]),
      z.string().startsWith("redis").transform(redisUrl),
    ]),
  },
  idempotencyTtl: {
    env: "IDEMPOTENCY_TTL",
    doc: "How long an event is remembered after it was last run",
    expected: "a duration such as 30m, 24h or 7d, from 1m to 30d",
    default: "24h",
    schema: longDuration(60_000, 2_592_000_000),
  },
  idempotencyLease: {
    env: "IDEMPOTENCY_LEASE",
    doc: "How long an event stays claimed at most when its replica dies; " +
      "longer runs renew it",
    expected: "a duration such as 500ms, 30s or 2m, from 1s to 60m",
    default: "60s",
    schema: longDuration(1_000, 3_600_000),
  },
  idempotencyScope: {
    env: "IDEMPOTENCY_SCOPE",
    doc:
      "Name that all replicas of this app have, and no other app on the same " +
      "store or namespace; `auto` is the client id",
    expected: "up to 64 letters, digits, ., - and _",
    default: "auto",
    schema: z.string().regex(/^[\w.-]{1,64}$/),
  },
  maxAttempts: {
    env: "MAX_ATTEMPTS",
    doc:
      "How often an event may fail until it is set aside as a dead letter; " +
      "0 is without end. Outages count less",
    expected: "a whole number from 0 to 1000",
    default: "10",
    schema: integer(0, 1_000),
  },
  fulfillmentApi: {
    env: "FULFILLMENT_API",
    doc:
      "AGS API that grants items: `v1`, or `v3`, which grants once per event " +
      "but is not on Shared Cloud",
    expected: "v1 or v3",
    default: "v1",
    schema: z.enum(["v1", "v3"]),
  },
  deadLetter: {
    env: "DEAD_LETTER",
    doc:
      "Where events go that will not be delivered again: `log` (without their " +
      "payload), `file:dead-letters/NAME`, or `kafka:SUFFIX` (whole, to be " +
      "replayed; in the topic of the event's own with `.SUFFIX`)",
    expected: "log, file: and the path of a file, or kafka: and a suffix",
    default: "log",
    schema: z.union([
      z.literal("log"),
      z.templateLiteral(["file:", z.string().min(1)]),
      z.templateLiteral(["kafka:", z.string().regex(/^[A-Za-z0-9_-]{1,32}$/)]),
    ]),
  },
  deadLetterMaxBytes: {
    env: "DEAD_LETTER_MAX_BYTES",
    doc:
      "Size from which a new file of dead letters is begun; full ones are kept",
    expected: "a whole number from 65536 to 1073741824",
    default: "67108864",
    schema: integer(65_536, 1_073_741_824),
  },
  logLevel: {
    env: "LOG_LEVEL",
    doc:
      "Least important log records written: `debug`, `info`, `warn` or `error`; " +
      "then for parts of the service, as in `info,events=debug`",
    expected: "debug, info, warn or error, then category=level with one of " +
      LOG_CATEGORIES.join(", "),
    default: "info",
    schema: z.string().refine((value) => parseLogLevels(value) !== undefined),
  },
  logFormat: {
    env: "LOG_FORMAT",
    doc:
      "`json` (one object a line), `pretty` (for people), or `auto`: pretty on " +
      "a terminal, json otherwise",
    expected: "auto, json or pretty",
    default: "auto",
    schema: z.enum(["auto", "json", "pretty"]),
  },
  ...KAFKA_SETTINGS,
  ...OTEL_SETTINGS,
};

/** The rows, in order, with the name each has in {@linkcode Config}. */
export const settings: readonly (readonly [keyof Config, Setting])[] = Object
  .entries(SETTINGS) as [keyof Config, Setting][];

/** Variables by name; unset ones are absent or `undefined`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings cannot be used. Lists every problem, one a line. */
export class ConfigError extends Error {
  override name = "ConfigError";
  /** One sentence per problem; never a secret's value. */
  readonly problems: readonly string[];

  /** Creates the error. */
  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join("\n"), options);
    this.problems = problems;
  }
}

/** What {@linkcode parseConfig} found. */
export interface ParsedConfig {
  /** The settings. */
  readonly config: Config;
  /** The variables that are at their defaults. */
  readonly defaulted: readonly string[];
}

/**
 * Turns variables into settings. An empty variable counts as unset.
 *
 * @throws {ConfigError} With every problem at once.
 */
export function parseConfig(env: Environment): ParsedConfig {
  const problems: string[] = [];
  const defaulted: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of settings) {
    const given = env[setting.env]?.trim() || undefined;
    if (given === undefined) defaulted.push(setting.env);
    const value = given ?? setting.default;
    if (value === undefined) {
      problems.push(`${setting.env} is not set: expected ${setting.expected}`);
      continue;
    }
    const parsed = setting.schema.safeParse(value);
    if (parsed.success) values[key] = parsed.data;
    else {
      const found = setting.secret || setting.mayHoldSecret
        ? "a value that is not shown"
        : quoted(value);
      problems.push(
        `${setting.env} is not usable: expected ${setting.expected}, found ${found}`,
      );
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  // Every key of the table is there: the type of SETTINGS ties them to Config.
  const config = values as unknown as Config;
  const together = kafkaProblems(config);
  if (together.length > 0) throw new ConfigError(together);
  return { config, defaulted };
}

/** Longest part of a value that an error message shows. */
const MAX_SHOWN = 200;

/** A value as one line, without the credentials that a URL may hold. */
function quoted(value: string): string {
  const shown = value.replace(/\/\/.*@/s, "//[secret]@");
  return JSON.stringify(
    shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown,
  );
}

/**
 * Reads the variables of the table from the process, and for those it does not
 * have, from a file: the process wins.
 *
 * @param file Path of the `.env` file. A file that is not there, or that the
 * process has no permission for (the executable has none), is no file.
 * @throws {ConfigError} The file is there and cannot be read, or a variable is no
 * text.
 */
export function readEnvironment(file: string): Environment {
  const fromFile = readEnvFile(file);
  const env: Record<string, string | undefined> = {};
  const problems: string[] = [];
  for (const [_key, { env: name }] of settings) {
    try {
      // A variable of spaces is as good as none: it does not hide the file's.
      env[name] = Deno.env.get(name)?.trim() || fromFile[name];
    } catch (error) {
      if (!(error instanceof Deno.errors.InvalidData)) throw error;
      // Without the runtime's own words: they show the value.
      problems.push(
        `${name} is not usable: expected UTF-8 text, found other bytes`,
      );
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return env;
}

function readEnvFile(file: string): Environment {
  try {
    const bytes = Deno.readFileSync(file);
    return parseEnv(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    if (error instanceof Deno.errors.NotCapable) return {};
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError([
      `${file} cannot be read: expected a UTF-8 file of NAME=value lines (${why})`,
    ], { cause: error });
  }
}
