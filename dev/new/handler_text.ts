/**
 * What a new handler and its test say.
 *
 * @module
 */

import { parseEventType } from "../../lib/core/event_key.ts";
import { phraseOf } from "../event_words.ts";

/**
 * The handler: it logs the event, and says where to call AGS. Not yet formatted.
 *
 * @param type An event type, or `channel.*`.
 */
export function handlerText(type: string): string {
  const shown = messageOf(type);
  const what = isChannel(type) ? "them all" : "its fields";
  return `import { on } from "event-handler";

/** ${shown}: \`deno task events ${quoted(type)}\` shows ${what}. */
export default on(${JSON.stringify(type)}, (event, ctx) => {
  ctx.log.info(${JSON.stringify(shown)}, { at: event.time });
  // Call AGS here, in an async function: event-handler/ags has typed calls, ctx.ags.request()
  // takes any path. Throw, and the event is delivered again.
});
`;
}

/**
 * Its test: it runs the handler with a generated sample of each event. Not yet
 * formatted.
 *
 * @param type An event type, or `channel.*`.
 */
export function handlerTestText(type: string): string {
  const log = JSON.stringify(messageOf(type));
  const key = JSON.stringify(type);
  if (!isChannel(type)) {
    return `import assert from "node:assert/strict";
import { startApp } from "./_app.ts";

Deno.test(${JSON.stringify(`${type} is handled and logged`)}, async () => {
  await using app = await startApp();
  const { outcome, error } = await app.deliver(${key});
  assert.equal(outcome, "handled", String(error));
  assert.deepEqual(app.log.lines.map(({ message }) => message), [${log}]);
});
`;
  }
  return `import assert from "node:assert/strict";
import { startApp } from "./_app.ts";

Deno.test(${JSON.stringify(`${type} are handled and logged`)}, async () => {
  await using app = await startApp();
  const types = app.types.filter((type) => type.startsWith(${
    JSON.stringify(type.slice(0, -1))
  }));
  assert.ok(types.length > 0, "the handler is in the list");
  for (const type of types) {
    const { outcome, error } = await app.deliver(type);
    assert.equal(outcome, "handled", \`\${type}: \${error}\`);
  }
  assert.deepEqual(
    app.log.lines.map(({ message }) => message),
    types.map(() => ${log}),
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

/** A shell takes the star for itself. */
function quoted(type: string): string {
  return isChannel(type) ? `'${type}'` : type;
}
