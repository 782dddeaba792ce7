/**
 * What the tests of the emulated services of the game share.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Reply, Session } from "./_client.ts";

/** Checks status and code of a refusal. */
export function assertError(
  reply: Reply,
  status: number,
  { errorCode }: { readonly errorCode: number },
): void {
  assert.deepEqual([reply.status, reply.json.errorCode], [status, errorCode]);
}

/** Checks a 422 and the fields it names. */
export function assertInvalid(
  reply: Reply,
  ...fields: readonly string[]
): void {
  assertError(reply, 422, { errorCode: 20002 });
  assert.deepEqual(
    reply.json.errors.map(({ errorField }: { errorField: string }) =>
      errorField
    ),
    fields,
  );
}

/** Checks that a call has succeeded and answers nothing. */
export function assertNoContent(reply: Reply): void {
  assert.deepEqual([reply.status, reply.text], [204, ""]);
}

/** An operation, as a call that the emulator takes. */
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

/**
 * Checks what each operation refuses: no token, another namespace, and where it
 * takes a body, another media type.
 */
export async function assertGuarded(
  session: Session,
  { method, path, body }: Operation,
  permission: { readonly resource: string; readonly action: number },
): Promise<void> {
  const init = body === undefined ? {} : { body };
  const headers = { authorization: "Bearer none" };
  const anonymous = await session.call(method, path, { ...init, headers });
  assertError(anonymous, 401, { errorCode: 20001 });
  const elsewhere = path.replace("/mygame/", "/othergame/");
  const foreign = await session.call(method, elsewhere, init);
  assertError(foreign, 403, { errorCode: 20013 });
  assert.deepEqual(foreign.json.requiredPermission, permission);
  if (body === undefined) return;
  const text = await session.call(method, path, {
    body: JSON.stringify(body),
    headers: { "content-type": "text/plain" },
  });
  assertError(text, 415, { errorCode: 415 });
}
