/**
 * Tests that need a program which not every machine has.
 *
 * @module
 */

/** A program and its arguments. */
type CommandLine = readonly [string, ...string[]];

/** A program, and how to find out whether it is there. */
export interface Tool {
  /** What it is called, and where it comes from: for the name of an ignored test. */
  readonly name: string;
  /** Its command line, first those that are preferred: the first that works is taken. */
  readonly probes: readonly CommandLine[];
  /** Command lines of what it does not work without: all must succeed. */
  readonly needs?: readonly CommandLine[];
  /** Whether a machine that is meant to run everything has it. */
  readonly isRequired: boolean;
}

/** An HTTP/2 load generator on nghttp2, the library that Deno has inside, too. */
export const H2LOAD: Tool = {
  name: "h2load (Debian package nghttp2-client)",
  probes: [["h2load", "--version"]],
  isRequired: true,
};

/** gRPC's C core: another HTTP/2 implementation, the one of most languages. */
export const GRPC_CORE: Tool = {
  name: "gRPC for Python (Debian package python3-grpcio)",
  probes: [
    ["python3", "-c", "import grpc"],
    ["/usr/bin/python3", "-c", "import grpc"],
  ],
  isRequired: true,
};

/** gRPC's Go implementation, driven by reflection. */
export const GRPCURL: Tool = {
  name: "grpcurl (Go module github.com/fullstorydev/grpcurl)",
  probes: [["grpcurl", "-version"]],
  isRequired: false,
};

/** The protocol buffer compiler. */
export const PROTOC: Tool = {
  name: "protoc (Debian package protobuf-compiler)",
  probes: [["protoc", "--version"]],
  isRequired: true,
};

/** The store that replicas share. */
export const REDIS: Tool = {
  name: "redis-server (Debian package redis-server)",
  probes: [["redis-server", "--version"]],
  isRequired: true,
};

/** The store with certificates, and what makes them. */
export const REDIS_AND_OPENSSL: Tool = {
  name: "redis-server or openssl (Debian packages of these names)",
  probes: [["redis-server", "--version"]],
  needs: [["openssl", "version"]],
  isRequired: true,
};

/** npm's own runner of programs, which comes with Node. */
export const NPX: Tool = {
  name: "npx (Debian packages nodejs and npm)",
  probes: [["npx", "--version"]],
  isRequired: true,
};

/** A tool that is there. */
export interface ToolRun {
  /** The program that was found. */
  readonly command: string;
}

/**
 * Registers a test that needs a tool.
 *
 * Where the tool is missing the test is ignored, and its name says why. With
 * `REQUIRE_TOOLS=1` one that needs a required tool runs, and fails: so that a machine
 * that is meant to run everything never passes by leaving it out.
 */
export function testWithTool(
  name: string,
  tool: Tool,
  run: (found: ToolRun) => Promise<void> | void,
): void {
  const command = find(tool);
  const isRequired = tool.isRequired && Deno.env.get("REQUIRE_TOOLS") === "1";
  if (command === undefined && !isRequired) {
    Deno.test.ignore(
      `${name} (ignored: ${tool.name} is not installed)`,
      () => {},
    );
    return;
  }
  Deno.test(name, async () => {
    if (command === undefined) {
      throw new Error(
        `${tool.name} is not installed: expected it, as REQUIRE_TOOLS is 1`,
      );
    }
    await run({ command });
  });
}

function find({ probes, needs = [] }: Tool): string | undefined {
  return needs.every(works) ? probes.find(works)?.[0] : undefined;
}

function works([command, ...args]: CommandLine): boolean {
  try {
    return new Deno.Command(command, {
      args,
      stdout: "null",
      stderr: "null",
    }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
