/**
 * Writes `proto/json.ts`: the types of JSON values inside events.
 *
 * @module
 */

import { TYPES_HEADER } from "./type_text.ts";

/** Content of `proto/json.ts`, not yet formatted. */
export const JSON_TEXT = `${TYPES_HEADER}

/**
 * JSON values inside events: what \`google.protobuf.Struct\`, \`Value\` and
 * \`ListValue\` are decoded to.
 *
 * @module
 */

/** Any JSON value. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [name: string]: JsonValue;
}
`;
