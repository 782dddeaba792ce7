// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.

/**
 * `./task events`: finds and shows AGS's events.
 *
 * @module
 */

import { isUsageError } from "../command_line.ts";
import { counted } from "../count.ts";
import { unknownEvent } from "../unknown_event.ts";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ConfigError } from "../../lib/config/parse.ts";
import { nearest } from "../../lib/core/nearest.ts";
import { eventKey } from "../../lib/core/event_key.ts";
import { EventPropertiesError } from "../../lib/events/properties.ts";
import { ProtoSourceError, readProtoFiles } from "../gen/proto_source.ts";
import { readDevSettings } from "../settings.ts";
import { DeclarationError } from "./declaration.ts";
import { detailLines, detailOf } from "./detail.ts";
import { type EventFacts, eventFacts, EventFactsError } from "./event_facts.ts";
import { listLines } from "./list.ts";
import { terminalPaint } from "./paint.ts";
import { searchEvents } from "./search.ts";

const HELP = `Finds and shows AGS's events.

Usage: ./task events [words] [--json]

  ./task events                  Lists all events
  ./task events friend accepted  Lists those with all these words in the event's
                                    name, service or fields
  ./task events 'group.*'        Lists those of a channel
  ./task events <event>          Shows its type, its service and a sample

  --json                            Print JSON
`;

/** The arguments match no event. */
class UnknownError extends Error {
  override name = "UnknownError";
}

async function show(
  words: readonly string[],
  asJson: boolean,
): Promise<void> {
  const protoFolder = join(import.meta.dirname ?? ".", "../../proto");
  const events = eventFacts(await readProtoFiles(protoFolder));
  const [word = "", ...others] = words;
  const named = others.length > 0 ? [] : eventsOfType(events, eventKey(word));
  const paint = terminalPaint();
  if (named.length > 0) {
    const { AB_NAMESPACE: namespace = "" } = readDevSettings().env;
    const details = named.map((event) =>
      detailOf(event, { protoFolder, namespace })
    );
    if (asJson) return printJson(details);
    if (details.length > 1) {
      console.log(`${word} is the key of ${details.length} events:\n`);
    }
    console.log(
      details.map((detail) => detailLines(detail, paint).join("\n"))
        .join("\n\n\n"),
    );
    return;
  }
  const found = searchEvents(events, words);
  if (found.length === 0) throw new UnknownError(nothingFound(words, events));
  if (asJson) return printJson(found);
  console.log(listLines(found, paint).join("\n"));
  // Not on standard output, where every line is an event or a channel.
  if (Deno.stdout.isTerminal()) {
    console.error(
      `\n${counted(found.length, "event")}. ./task events <event> shows one.`,
    );
  }
}

function eventsOfType(
  events: readonly EventFacts[],
  type: string,
): readonly EventFacts[] {
  return events.filter(({ types }) => types.includes(type));
}

function nothingFound(
  words: readonly string[],
  events: readonly EventFacts[],
): string {
  const [word = "", ...others] = words;
  if (others.length > 0 || !word.includes(".")) {
    const hints = words.flatMap((word) => meant(word, events) ?? []);
    return `No event has ${words.map((word) => `"${word}"`).join(" and ")}${
      hints.length === 0 ? "" : `: did you mean ${hints.join(" and ")}`
    }`;
  }
  return unknownEvent(word, events.flatMap(({ types }) => types));
}

/** The word in events' names that is most similar to an unknown word. */
function meant(
  word: string,
  events: readonly EventFacts[],
): string | undefined {
  if (searchEvents(events, [word]).length > 0) return undefined;
  const closest = nearest(
    word,
    new Set(events.flatMap(({ says }) => says.toLowerCase().split(" "))),
  );
  return closest === undefined ? undefined : `"${closest}"`;
}

function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}

function isExpected(error: unknown): error is Error {
  return error instanceof UnknownError || error instanceof ConfigError ||
    error instanceof DeclarationError || error instanceof EventFactsError ||
    error instanceof ProtoSourceError ||
    error instanceof EventPropertiesError ||
    isUsageError(error);
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: "boolean" }, json: { type: "boolean" } },
  });
  const words = positionals.flatMap((text) => text.trim().split(/\s+/))
    .filter((word) => word !== "");
  if (values.help) console.log(HELP.trimEnd());
  else await show(words, values.json ?? false);
} catch (error) {
  if (!isExpected(error)) throw error;
  console.error(error.message);
  Deno.exitCode = 2;
}
