/**
 * The parts of this repository that a studio's own project can do without.
 *
 * @module
 */

/** A part, by which `./task init` keeps or removes it. */
export interface Part {
  /** The word in `--keep` and `--remove`. */
  readonly name: string;
  /** What it is, as the question asks. */
  readonly what: string;
  /** Whether it goes unless the user says otherwise. */
  readonly isRemoved: boolean;
  /** Its files and folders. */
  readonly paths: readonly string[];
  /** Below those, what stays. */
  readonly except?: readonly string[];
  /** Tasks that are of no use without it. */
  readonly tasks?: readonly string[];
  /** Files that the tasks `ok` and `gen` do not run without it. */
  readonly steps?: readonly string[];
}

/** What always goes: the examples, and what only removes them. */
export const EXAMPLES: Part = {
  name: "examples",
  what: "the example handlers, their setting and their tests",
  isRemoved: true,
  paths: [
    "handlers/user_logged_in.ts",
    "handlers/user_third_party_logged_in.ts",
    "tests/handlers/_granting.ts",
    "tests/handlers/user_logged_in_test.ts",
    "tests/handlers/user_third_party_logged_in_test.ts",
    "dev/init",
    "tests/projects/init_test.ts",
    "tests/projects/migrate_test.ts",
    "tests/projects/ok_test.ts",
  ],
  tasks: ["init"],
};

/** What the framework's maintainers need, and nobody else. */
export const FRAMEWORK: Part = {
  name: "framework",
  what:
    "the framework's own tests (minutes), benchmarks and rules for work on it",
  isRemoved: true,
  paths: [
    "CONTRIBUTING.md",
    "bench",
    "dev/check_docs.ts",
    "dev/check_imports.ts",
    "dev/house",
    "dev/kafka_cluster",
    "dev/reference",
    "dev/reference_service.ts",
    "docs/benchmarks.md",
    "docs/release.md",
    // Handlers that the framework's tests use, and nobody serves.
    "handlers/examples",
    "tests",
  ],
  except: ["tests/handlers"],
  tasks: [
    "test:unit",
    "test:binary",
    "test:projects",
    "test:services",
    "bench",
    "faults",
  ],
  steps: ["dev/check_docs.ts", "dev/check_imports.ts"],
};

/** What shows and watches the service in production. */
export const OPS: Part = {
  name: "ops",
  what: "the Grafana dashboard, the alerts and a stack to try them",
  isRemoved: false,
  paths: [
    "dev/gen/dashboard.ts",
    "dev/ops",
    "docker-compose.observability.yaml",
    "ops",
  ],
  steps: ["dev/gen/dashboard.ts"],
};

/** What goes or stays as the user likes. */
export const CHOICES: readonly Part[] = [FRAMEWORK, OPS];
