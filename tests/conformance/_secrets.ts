/**
 * What nothing that the service writes may have.
 *
 * @module
 */

/** Finds what must not be in a text. */
export interface SecretSearch {
  /**
   * Looks for secrets.
   *
   * @param where What the text is, for the error: `Output`.
   * @param text A line, or all of a file.
   * @throws {Error} One is there.
   */
  secrets(where: string, text: string): void;
  /**
   * Looks for secrets, and for what the events of these tests say of the player.
   *
   * @throws {Error} One is there.
   */
  all(where: string, text: string): void;
}

/** Tokens, whole or one of the first two parts; and what a login's header has. */
const SECRETS: Readonly<Record<string, RegExp>> = {
  "a token": /eyJ[\w-]{16,}/,
  "credentials": /\b(Basic|Bearer) [\w+/=-]{8,}/,
};

const PERSONAL: Readonly<Record<string, RegExp>> = {
  "an e-mail address": /[\w.+-]+@[\w-]+\.\w/,
  "a player's name": /player[ -]one/i,
};

/** A search for the secrets of a process with these variables. */
export function searchFor(
  env: Readonly<Record<string, string>>,
): SecretSearch {
  const { AB_CLIENT_ID: id = "", AB_CLIENT_SECRET: secret = "" } = env;
  const forms = new Set(
    secret === "" ? [] : [...formsOf(secret), ...formsOf(`${id}:${secret}`)],
  );

  function secrets(where: string, text: string): void {
    for (const form of forms) {
      if (text.includes(form)) {
        throw new Error(`${where} has the client's secret: ${text}`);
      }
    }
    refuse(SECRETS, where, text);
  }
  return {
    secrets,
    all(where, text) {
      secrets(where, text);
      refuse(PERSONAL, where, text);
    },
  };
}

function refuse(
  patterns: Readonly<Record<string, RegExp>>,
  where: string,
  text: string,
): void {
  for (const [what, pattern] of Object.entries(patterns)) {
    if (pattern.test(text)) throw new Error(`${where} has ${what}: ${text}`);
  }
}

/** A secret as it is, and as URLs, JSON, base64 and hexadecimal digits have it. */
function formsOf(secret: string): readonly string[] {
  const bytes = new TextEncoder().encode(secret);
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    bytes.toHex(),
    ...[0, 1, 2].flatMap((before) => base64Within(bytes, before)),
  ];
}

/** Its base64 in a longer text: by how many bytes of a group of three it is late. */
function base64Within(bytes: Uint8Array, before: number): readonly string[] {
  const padded = new Uint8Array([...new Uint8Array(before), ...bytes]);
  // Digits that its neighbours have a part in are left out.
  const from = Math.ceil(before * 8 / 6);
  const to = Math.floor(padded.length * 8 / 6);
  return (["base64", "base64url"] as const).map((alphabet) =>
    padded.toBase64({ alphabet }).slice(from, to)
  );
}
