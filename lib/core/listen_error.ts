/**
 * The error of a port that cannot be opened.
 *
 * @module
 */

import { StartError } from "./errors.ts";

/** A port cannot be opened. The message names it and its setting. */
export class ListenError extends StartError {
  override name = "ListenError";

  /**
   * Creates the error.
   *
   * @param port The requested port.
   * @param setting The variable that sets it.
   */
  constructor(port: number, setting: string, options: ErrorOptions) {
    super(
      `Port ${port} cannot be opened: expected ${setting} to name a free port`,
      options,
    );
  }
}
