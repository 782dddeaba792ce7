// deno-lint-ignore-file no-console -- Speaks to a person at a terminal.
/**
 * `./task x <name>`: what only maintainers of this project need.
 *
 * @module
 */

/** A command. */
interface Tool {
  /** What it does. */
  readonly does: string;
  /** What follows `deno`: a command of its own, or flags and a file to run. */
  readonly args: readonly string[];
}

const RUN = ["run", "-q", "--no-prompt"];
const SUPPLY = [
  "--allow-env",
  "--allow-read",
  "--allow-write",
  "--allow-run",
];
/** As the service runs in production. */
const HEAP = "--v8-flags=--max-semi-space-size=8,--max-old-space-size=128";

const TOOLS: Readonly<Record<string, Tool>> = {
  audit: {
    does: "Look for known vulnerabilities of the locked packages",
    args: ["audit"],
  },
  sbom: {
    does:
      "Write what the executable is made of: dist/sbom.cdx.json (CycloneDX)",
    args: [...RUN, ...SUPPLY, "dev/supply/sbom.ts"],
  },
  licences: {
    does: "Write docs/licences.md; fail on a licence that is not accepted",
    args: [...RUN, ...SUPPLY, "dev/supply/licences.ts"],
  },
  "lint:dockerfile": {
    does: "Lint the Dockerfile (npx downloads the linter)",
    args: [...RUN, ...SUPPLY, "dev/supply/lint_dockerfile.ts"],
  },
  soak: {
    does: "Send a million events, and see whether memory grows",
    args: [...RUN, "-A", "bench/soak/main.ts"],
  },
  "bench:kafka": {
    does:
      "Measure the event stream on a Kafka broker, against the library used bare",
    args: [...RUN, "-A", "bench/kafka/main.ts"],
  },
  "bench:http": {
    does:
      "Measure Web PubSub's events against a bare server and express on Node",
    args: [...RUN, "-A", "bench/http/main.ts"],
  },
  "bench:inbox": {
    does: "Measure the durable queue",
    args: [...RUN, "-A", HEAP, "bench/inbox/main.ts"],
  },
  "bench:capture": {
    does: "Measure the endpoint of client events (needs h2load)",
    args: [...RUN, "-A", "bench/capture/main.ts"],
  },
};

/** The tools that are here: a studio's project has no benchmarks of the framework. */
function present(): Readonly<Record<string, Tool>> {
  return Object.fromEntries(
    Object.entries(TOOLS).filter(([, { args }]) => {
      const file = args.find((arg) => arg.endsWith(".ts"));
      return file === undefined || exists(file);
    }),
  );
}

function exists(file: string): boolean {
  try {
    return Deno.statSync(file).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function main(): Promise<number> {
  const [name = "", ...rest] = Deno.args;
  const tools = present();
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
  if (tool === undefined) {
    const rows = Object.entries(tools).map(([each, { does }]) =>
      `  ${each.padEnd(16)} ${does}`
    );
    const isHelp = name === "" || name === "--help";
    if (!isHelp) console.error(`Tool "${name}" is unknown`);
    console.log(`Usage: ./task x <name> [options]\n\n${rows.join("\n")}`);
    return isHelp ? 0 : 2;
  }
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [...tool.args, ...rest],
  }).spawn().status;
  return code;
}

if (import.meta.main) Deno.exit(await main());
