/**
 * Finds promises that nobody waits for: a handler that forgets an `await` is done before
 * its work is, and what fails then is nobody's. Only types tell what is a promise, so
 * this is typescript-eslint's rule, which `deno lint` has no counterpart of.
 *
 * @module
 */

import plugin from "@typescript-eslint/eslint-plugin";
import * as parser from "@typescript-eslint/parser";
import { type ESLint, Linter } from "eslint";
import { join, relative } from "node:path";
import ts from "typescript";
import type { Finding } from "./finding.ts";

/** Options of {@linkcode findForgottenPromises}. */
export interface ForgottenPromisesOptions {
  /** The project's folder: its `deno.json` says what imports stand for. */
  readonly root: string;
  /** Absolute paths of the files to look at. */
  readonly files: readonly string[];
}

/** What the rules say in many words. */
const MESSAGES: Readonly<Record<string, string>> = {
  "no-floating-promises":
    "This promise is not awaited: the event is done before it, and its error is lost",
  "no-misused-promises":
    "A promise is given where nobody awaits it: the event is done before it",
};

/**
 * Finds them. The types of npm packages are not known here: what a handler calls of one
 * by itself counts as no promise.
 */
export function findForgottenPromises(
  { root, files }: ForgottenPromisesOptions,
): readonly Finding[] {
  const program = ts.createProgram([...files], {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    noEmit: true,
    skipLibCheck: true,
    strict: true,
    types: [],
    paths: ownModules(root),
  });
  const linter = new Linter({ configType: "flat", cwd: "/" });
  const config: Linter.Config = {
    files: ["**/*.ts"],
    languageOptions: { parser, parserOptions: { programs: [program] } },
    linterOptions: { reportUnusedDisableDirectives: "off" },
    plugins: { promises: plugin as unknown as ESLint.Plugin },
    rules: {
      "promises/no-floating-promises": "error",
      "promises/no-misused-promises": "error",
    },
  };
  return files.flatMap((path) => {
    const text = program.getSourceFile(path)?.text ?? "";
    return linter.verify(text, [config], { filename: path }).map(
      ({ line, column, message, ruleId }) => {
        const rule = ruleId?.replace(/^promises\//, "") ?? "";
        return {
          file: relative(root, path),
          line,
          column,
          text: MESSAGES[rule] ?? message,
        };
      },
    );
  });
}

/** The import map's entries that are files of the project. */
function ownModules(root: string): Record<string, string[]> {
  const { imports } = JSON.parse(
    Deno.readTextFileSync(join(root, "deno.json")),
  ) as { readonly imports: Readonly<Record<string, string>> };
  return Object.fromEntries(
    Object.entries(imports).filter(([, path]) => path.startsWith("./"))
      .map(([name, path]) => [name, [join(root, path)]]),
  );
}
