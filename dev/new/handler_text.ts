/**
 * The text of a new handler and its test.
 *
 * @module
 */

import { parseEventType } from "../../lib/core/event_key.ts";
import { phraseOf } from "../event_words.ts";

/**
 * The handler: it logs the event, and shows where to call AGS. Not yet
 * formatted.
 *
 * @param type An event type, or `channel.*`.
 */
export function handlerText(type: string): string {
  const shown = messageOf(type);
  const what = isChannel(type) ? "them all" : "its fields";
  return `import { on } from "event-handler";

/** ${shown}: \`./task events ${quoted(type)}\` shows ${what}. */
export default on(${JSON.stringify(type)}, (event, ctx) => {
  ctx.log.info(${JSON.stringify(shown)}, { at: event.time });
  // Call AGS here, in an async function: event-handler/ags has typed calls, ctx.ags.request()
  // takes any path. Throw, and the event is delivered again.
});
`;
}

/**
 * Its test, which runs the handler with a generated sample of each event. Not
 * yet formatted.
 *
 * @param type An event type, or `channel.*`.
 * @param file The handler's file, below `handlers/`.
 */
export function handlerTestText(type: string, file: string): string {
  const log = JSON.stringify(messageOf(type));
  const head = `import assert from "node:assert/strict";
import { startTestApp } from "event-handler/testing";
import handler from "../../handlers/${file}";
`;
  if (!isChannel(type)) {
    return `${head}
Deno.test(${JSON.stringify(`${type} is handled and logged`)}, async () => {
  await using app = await startTestApp({ handlers: [handler] });
  const { outcome, error } = await app.deliver(${JSON.stringify(type)});
  assert.equal(outcome, "handled", String(error));
  assert.deepEqual(app.log.map(({ message }) => message), [${log}]);
});
`;
  }
  return `${head}import type { EventType } from "event-handler";

Deno.test(${JSON.stringify(`${type} are handled and logged`)}, async () => {
  await using app = await startTestApp({ handlers: [handler] });
  for (const type of app.types) {
    const { outcome, error } = await app.deliver(type as EventType);
    assert.equal(outcome, "handled", \`\${type}: \${error}\`);
  }
  assert.deepEqual(
    app.log.map(({ message }) => message),
    app.types.map(() => ${log}),
  );
});
`;
}

function isChannel(type: string): boolean {
  return parseEventType(type).name === "*";
}

/** What the handler logs. */
function messageOf(type: string): string {
  const { channel, name } = parseEventType(type);
  return isChannel(type) ? `Event of ${channel}` : phraseOf(name);
}

/** Quotes a star, which a shell would expand. */
function quoted(type: string): string {
  return isChannel(type) ? `'${type}'` : type;
}
