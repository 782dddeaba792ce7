/**
 * The servers and tools of these tests: see `testWithTool`.
 *
 * @module
 */

import type { Tool } from "../conformance/_tools.ts";

export { testWithTool, type ToolRun } from "../conformance/_tools.ts";

/** The server that scrapes the metrics. */
export const PROMETHEUS: Tool = {
  name: "prometheus (Debian package prometheus)",
  probes: [["prometheus", "--version"]],
  isRequired: true,
};

/** What checks Prometheus's files and an exposition. */
export const PROMTOOL: Tool = {
  name: "promtool (Debian package prometheus)",
  probes: [["promtool", "--version"]],
  isRequired: true,
};
