/**
 * How long tests wait for what must happen.
 *
 * @module
 */

/**
 * The longest that a test waits for a condition, in milliseconds. A test that passes
 * goes on as soon as the condition holds, so this is no time that anything takes: it is
 * long enough for a machine that does much else.
 */
export const PATIENCE = 120_000;
