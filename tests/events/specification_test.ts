import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type FieldFacts, readFacts } from "../../dev/gen/facts.ts";
import {
  SPECIFICATION,
  type SpecifiedField,
  usualJsonName,
} from "./_specification.ts";

const FACTS = fileURLToPath(
  new URL("../../../shared/ags-events.json", import.meta.url),
);

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A field of the facts as the tests' own file has it. */
function specified(
  [name, number, type, { json, oneof, deprecated } = {}]: FieldFacts,
): SpecifiedField {
  return {
    name,
    number,
    type: type.replace(/^repeated (.*)$/, "$1[]").replace(" ", ""),
    json: json === usualJsonName(name) ? undefined : json,
    oneof,
    deprecated: deprecated ?? false,
  };
}

const ignore = !exists(FACTS);
const reason = ignore
  ? " (ignored: no ../shared/ags-events.json beside the repository)"
  : "";

Deno.test({
  name:
    `the specification that tests compare with says what AGS's says${reason}`,
  ignore,
  async fn() {
    const facts = await readFacts(FACTS);
    assert.equal(SPECIFICATION.length, facts.length);
    for (const [index, file] of facts.entries()) {
      assert.deepEqual(SPECIFICATION[index], {
        path: file.file.replace(/^accelbyte\//, "accelbyte-asyncapi/"),
        package: file.package,
        services: Object.entries(file.services).map(([name, service]) => ({
          name,
          ...service,
        })),
        messages: new Map(
          Object.entries(file.messages).map(([name, fields]) => [
            name,
            fields.map(specified),
          ]),
        ),
      });
    }
  },
});
