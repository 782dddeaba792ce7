/**
 * The endpoint for Amazon EventBridge clients: PutEvents, signed with AWS's
 * Signature Version 4.
 *
 * The key belongs to servers, never to players: its holder can name any player.
 *
 * @module
 */

import {
  type HttpAnswer,
  HttpProblem,
  type HttpRequest,
  type HttpRoute,
} from "../core/http.ts";
import type { MemoryBudget } from "../core/memory_budget.ts";
import type { Acceptor } from "./acceptor.ts";
import { type JsonBody, readJsonBody } from "./body.ts";
import type { EntryFailure, EnvelopeOptions } from "./entry.ts";
import { type EntryOutcome, putEventsAnswer } from "./put_events.ts";
import { objectOf } from "./_sent_entries.ts";
import { type AwsKey, isSigned } from "./_sigv4.ts";

/** Options of {@linkcode putEventsRoute}. */
export interface PutEventsRouteOptions {
  /** The accepted key. */
  readonly key: AwsKey;
  /** Stores events. */
  readonly acceptor: Acceptor;
  /** The memory budget for parsed bodies. */
  readonly memory: MemoryBudget;
  /** The most events per request. */
  readonly maxEntries: number;
  /** The most bytes of a request's events. */
  readonly maxBytes: number;
  /** The fields of every envelope. */
  readonly envelope: Pick<EnvelopeOptions, "account" | "region">;
  /** The path prefix: it is signed, too. */
  readonly basePath: string;
  /** Milliseconds since the epoch. @default {Date.now} */
  readonly now?: () => number;
}

/** AWS's own media type for its JSON. */
const TYPE = "application/x-amz-json-1.1";

/** Creates the route. */
export function putEventsRoute(options: PutEventsRouteOptions): HttpRoute {
  const { key, acceptor, memory, basePath, now = Date.now } = options;

  async function handle(request: HttpRequest): Promise<HttpAnswer> {
    if (request.headers.get("x-amz-target") !== "AWSEvents.PutEvents") {
      return failure(404, "UnknownOperationException");
    }
    using body = await readJsonBody(request, {
      maxBytes: 2 * options.maxBytes + 4_096,
      memory,
      types: [TYPE],
    });
    const path = `${basePath}${request.path}`;
    const search = request.search === "" ? "" : `?${request.search}`;
    const isAllowed = await isSigned(request, {
      path: path + search,
      body: body.raw,
      key,
      now: now(),
    });
    if (!isAllowed) return failure(403, "InvalidSignatureException");
    const entries = entriesOf(body, options.maxEntries);
    if (entries === undefined) return failure(400, "ValidationException");
    const size = entries.reduce(
      (sum, { Detail }) =>
        sum + (typeof Detail === "string" ? Detail.length : 0),
      0,
    );
    if (size > options.maxBytes) throw new HttpProblem(413, "Too large");
    return putEventsAnswer(await acceptEach(entries), TYPE);
  }

  async function acceptEach(
    entries: readonly Entry[],
  ): Promise<readonly EntryOutcome[]> {
    // Each entry has its own envelope, and the inbox writes all in one commit.
    const groups = await Promise.all(entries.map(async (entry) => {
      const checked = envelopeOf(entry);
      if ("errorCode" in checked) return [checked];
      return await acceptor.accept([{ detail: String(entry.Detail) }], checked);
    }));
    return groups.flat();
  }

  function envelopeOf(entry: Entry): EnvelopeOptions | EntryFailure {
    const { Source, DetailType, Detail, Resources = [], Time } = entry;
    const given = [Source, DetailType, Detail];
    const isWhole =
      given.every((each) => typeof each === "string" && each !== "") &&
      Array.isArray(Resources) &&
      Resources.every((each) => typeof each === "string");
    if (!isWhole) return INCOMPLETE;
    const [source = "", detailType = ""] = given as string[];
    if (detailType.length > 128 || source.length > 256) return INCOMPLETE;
    if (source.startsWith("aws.")) return RESERVED;
    const time = Time === undefined || Time === null ? now() : timeOf(Time);
    if (time === undefined) return INCOMPLETE;
    return {
      ...options.envelope,
      source: source.toWellFormed(),
      detailType: detailType.toWellFormed(),
      resources: (Resources as string[]).map((each) => each.toWellFormed()),
      scope: "",
      time,
      maxCost: memory.limit,
    };
  }

  return { method: "POST", path: "/", handle };
}

type Entry = Readonly<
  Partial<
    Record<"Source" | "DetailType" | "Detail" | "Resources" | "Time", unknown>
  >
>;

function entriesOf(
  { value }: JsonBody,
  maxEntries: number,
): readonly Entry[] | undefined {
  const entries = objectOf(value)?.["Entries"];
  const isFine = Array.isArray(entries) && entries.length > 0 &&
    entries.length <= maxEntries;
  return isFine ? entries.map((each) => objectOf(each) ?? {}) : undefined;
}

/** A time as AWS's SDKs send it, seconds with a fraction, in milliseconds. */
function timeOf(value: unknown): number | undefined {
  const time = typeof value === "number"
    ? value * 1_000
    : typeof value === "string"
    ? Date.parse(value)
    : NaN;
  // From 1970 to 9999: other years do not have four digits.
  return time >= 0 && time < 253_402_300_800_000 ? time : undefined;
}

const INCOMPLETE: EntryFailure = {
  errorCode: "InvalidArgument",
  errorMessage: "Parameter Source, DetailType, Detail, Resources or Time is " +
    "not valid.",
};
const RESERVED: EntryFailure = {
  errorCode: "NotAuthorizedForSourceException",
  errorMessage: "Not authorized for the source.",
};

/** An error answer in the form that AWS's SDKs read. */
function failure(status: number, type: string): HttpAnswer {
  return {
    status,
    headers: [
      ["content-type", TYPE],
      ["x-amzn-errortype", type],
      ["cache-control", "no-store"],
    ],
    body: JSON.stringify({ __type: type }),
  };
}
