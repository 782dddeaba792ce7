/**
 * The service with the reference app: run in place of `main.ts`, with its permissions.
 *
 * @module
 */

import { run } from "../main.ts";
import { handlers, settings } from "./reference/mod.ts";

await run({ handlers, settings });
