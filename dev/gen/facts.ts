/**
 * The facts file: what AGS's event specification says, as one JSON document.
 *
 * It is the input of `protos.ts` and no part of the product.
 *
 * @module
 */

import { z } from "zod";

/** What the facts say about one proto file. */
export interface FileFacts {
  /** Path in the specification: `accelbyte/iam/account/v1/account.proto`. */
  readonly file: string;
  /** Proto package. */
  readonly package: string;
  /** Imported files. */
  readonly imports: readonly string[];
  /** File options. */
  readonly options: Readonly<Record<string, string | boolean>>;
  /** Fields of each message, both in the order of the file. */
  readonly messages: Readonly<Record<string, readonly FieldFacts[]>>;
  /** Services, in the order of the file. */
  readonly services: Readonly<Record<string, ServiceFacts>>;
}

/** A field: proto name, number, type (`repeated X`, `map<K, V>`) and extras. */
export type FieldFacts = readonly [
  name: string,
  number: number,
  type: string,
  extras?: FieldExtras | undefined,
];

/** What a field can have besides. */
export interface FieldExtras {
  /** Name in JSON. @default {protoc's default for the proto name} */
  readonly json?: string | undefined;
  /** Whether the field is deprecated. @default {false} */
  readonly deprecated?: boolean | undefined;
  /** Whether the field is marked `optional`. @default {false} */
  readonly optional?: boolean | undefined;
  /** The oneof that the field is part of. @default {none} */
  readonly oneof?: string | undefined;
}

/** A service with its one method. */
export interface ServiceFacts {
  /** Method name. */
  readonly method: string;
  /** Message the method takes. */
  readonly request: string;
  /** Message the method answers. */
  readonly response: string;
  /** Keys of the events it takes; none for a service that is not for events. */
  readonly events: readonly string[];
}

const fieldExtras = z.strictObject({
  json: z.string().optional(),
  deprecated: z.boolean().optional(),
  optional: z.boolean().optional(),
  oneof: z.string().optional(),
});

const service = z.strictObject({
  method: z.string(),
  request: z.string(),
  response: z.string(),
  events: z.array(z.string()).default([]),
});

const facts = z.object({
  files: z.array(z.strictObject({
    file: z.string().regex(/^accelbyte\/.+\.proto$/),
    package: z.string(),
    imports: z.array(z.string()),
    options: z.record(z.string(), z.union([z.string(), z.boolean()])),
    // The form of an enum is not known: no AGS specification file has one.
    enums: z.strictObject({}),
    messages: z.record(
      z.string(),
      z.array(z.tuple([
        z.string(),
        z.int().positive(),
        z.string(),
        fieldExtras.optional(),
      ])),
    ),
    services: z.record(z.string(), service),
  })),
});

/** The facts file is not what `protos.ts` can read. */
export class FactsError extends Error {
  override name = "FactsError";
}

/**
 * Reads the facts file.
 *
 * @throws {FactsError} It is not JSON, or not of the known form.
 */
export async function readFacts(path: string): Promise<readonly FileFacts[]> {
  const text = await Deno.readTextFile(path);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FactsError(`Facts file "${path}" is not JSON`, { cause });
  }
  const result = facts.safeParse(json);
  if (result.success) return result.data.files;
  throw new FactsError(
    `Facts file "${path}" is not of the known form:\n${
      z.prettifyError(result.error)
    }`,
  );
}
