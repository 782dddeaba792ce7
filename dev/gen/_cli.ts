/**
 * What the generators' command lines have in common.
 *
 * @module
 */

import type { Output } from "../command_line.ts";
import { counted } from "../count.ts";
import { fileURLToPath } from "node:url";
import {
  applyChanges,
  compareTree,
  describeChange,
  type TreePlan,
} from "./file_tree.ts";

/** The repository's folder of specifications. */
export const PROTO_ROOT: string = fileURLToPath(
  new URL("../../proto", import.meta.url),
);

/** Options of {@linkcode settle}. */
export interface SettleOptions {
  /** The folder to bring in line. */
  readonly root: string;
  /** Only says what differs. */
  readonly check: boolean;
  /** The command that brings the folder in line. */
  readonly command: string;
  /** Where to say what was done. */
  readonly output: Output;
}

/**
 * Brings a folder in line with a plan, or checks that it is, and says so.
 *
 * @returns Exit code: 1 if the check found differences, else 0.
 */
export async function settle(
  plan: TreePlan,
  { root, check, command, output }: SettleOptions,
): Promise<number> {
  const changes = await compareTree(root, plan);
  if (check) {
    if (changes.length === 0) return 0;
    output.error(changes.map(describeChange).join("\n"));
    output.error(
      `${counted(changes.length, "file")} differ${
        changes.length === 1 ? "s" : ""
      }: run \`${command}\``,
    );
    return 1;
  }
  await applyChanges(root, plan, changes);
  const removed = changes.filter(({ kind }) => kind === "remove").length;
  output.log(
    `${counted(plan.files.size, "file")} generated: ${
      changes.length - removed
    } written, ${removed} removed`,
  );
  return 0;
}
