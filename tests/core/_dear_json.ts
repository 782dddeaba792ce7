/**
 * JSON that takes as much memory as its bytes can, and JSON as events have it.
 *
 * @module
 */

const COUNT = 20_000;

function list(each: (index: number) => string): string {
  return `[${Array.from({ length: COUNT }, (_, at) => each(at)).join(",")}]`;
}

function object(key: (index: number) => string): string {
  const members = Array.from({ length: COUNT }, (_, at) => `"${key(at)}":0`);
  return `{${members.join(",")}}`;
}

const wide = (at: number) => `"${"€".padEnd(20, "a")}${at}"`;

/** Texts by what they are made of. */
export const DEAR_JSON: Readonly<Record<string, string>> = {
  "empty objects": list(() => "{}"),
  "empty lists": list(() => "[]"),
  "lists of one number": list(() => "[1]"),
  "lists of two kinds": list(() => '[1.5,"a"]'),
  "numbers": list(() => "0"),
  "numbers among others": list((at) => at % 2 === 0 ? "0.5" : "null"),
  "large numbers among others": list((at) => at % 2 === 0 ? "5e9" : "null"),
  "empty strings": list(() => '""'),
  "strings that all differ": list((at) => `"${at}abcdef"`),
  "strings of wide characters": list(wide),
  "escaped strings": list((at) => `"\\u20ac\\"${at}"`),
  "objects of one key": list(() => '{"a":0}'),
  "objects of fractions": list(() => '{"a":0.5}'),
  "objects of nine keys": list(() =>
    '{"a":0,"b":0,"c":0,"d":0,"e":0,"f":0,"g":0,"h":0,"i":0}'
  ),
  "objects whose keys are numbers": list((at) => `{"${at}":0}`),
  "objects whose keys are large numbers": list((at) => `{"${at * 7}99":0}`),
  "objects whose keys all differ": list((at) => `{"k${at}":0}`),
  "objects of which one key differs": list((at) => `{"a":0,"k${at}":0}`),
  "objects of two keys that all differ": list((at) =>
    `{"k${at}":0,"l${at}":0}`
  ),
  "objects of five keys that all differ": list((at) =>
    `{"k${at}":0,"l${at}":0,"m${at}":0,"n${at}":0,"o${at}":0}`
  ),
  "objects of eight keys in any order": list((at) => {
    const keys = [..."abcdefgh"];
    const members: string[] = [];
    for (let left = at; keys.length > 0; left = Math.floor(left / 7)) {
      const [key] = keys.splice(left % keys.length, 1);
      members.push(`"${key}":0`);
    }
    return `{${members.join(",")}}`;
  }),
  "objects of the same number": list(() => '{"1000000":0}'),
  "objects of few numbers": list((at) => `{"${at % 7}":0,"${at % 11}0":0}`),
  "objects with wide keys": list((at) => `{"€${at}":0}`),
  "objects of strings": list((at) =>
    `{"id":"id-${at}","name":"a name of ${at}","empty":""}`
  ),
  "one object of many keys": object((at) => `k${at}`),
  "one object of many numbers": object((at) => `${at * 7}`),
  "lists in lists": list(() => "[".repeat(5) + "]".repeat(5)),
  "objects in objects": list(() => '{"a":'.repeat(5) + "0" + "}".repeat(5)),
};

export default Object.values(DEAR_JSON).map((text) => () => JSON.parse(text));
