/**
 * Waiting for what another process does.
 *
 * @module
 */

export { until, type UntilOptions } from "../../dev/until.ts";
