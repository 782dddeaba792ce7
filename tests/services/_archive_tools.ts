/**
 * What reads archives, and what keeps them.
 *
 * @module
 */

import type { Tool } from "../conformance/_tools.ts";

/** A bucket as Amazon's, whose objects are plain files. */
export const VERSITYGW: Tool = {
  name: "versitygw (Go module github.com/versity/versitygw/cmd/versitygw)",
  probes: [["versitygw", "--version"]],
  isRequired: false,
};

/** A database that reads files by SQL. */
export const DUCKDB: Tool = {
  name: "DuckDB (Python package duckdb)",
  probes: [["python3", "-c", "import duckdb"]],
  isRequired: true,
};
