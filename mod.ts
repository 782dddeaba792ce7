/**
 * What handlers are made of: the same as `"event-handler"`.
 *
 * @module
 */

export * from "./lib/mod.ts";
