/**
 * What `deno task test` runs, in order.
 *
 * @module
 */

/** A named command that passes when it exits with 0. */
export interface Gate {
  /** What the gate is called on the command line. */
  readonly name: string;
  /** Arguments of `deno`. */
  readonly args: readonly string[];
  /** The gate waits for this file to exist. */
  readonly needs?: string;
}

/** The tests of one folder, run by one `deno test` process. */
export interface Suite {
  /** What the suite is called on the command line. */
  readonly name: string;
  /** The folder, from the project's. */
  readonly folder: string;
  /** Folders below it that are suites of their own. */
  readonly except?: readonly string[];
  /** The fewest permissions under which the tests pass. */
  readonly permissions: readonly string[];
  /** In continuous integration a skipped test of the suite is a failure. */
  readonly mustRun?: boolean;
}

const NOTHING: readonly string[] = [];

/** Temporary files and small shell scripts. */
const SHELL: readonly string[] = [
  "--allow-read",
  "--allow-write",
  "--allow-run=/bin/sh",
];

/** Unix sockets at any path cannot be granted by name. */
const NETWORK = "--allow-net";

/** Files, environment, host name and native cryptography. */
const MACHINE: readonly string[] = [
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys",
  "--allow-ffi",
];

/** Everything: the suite starts processes. */
const ALL: readonly string[] = ["--allow-all"];

/** Gates before the suites: what needs no process of ours. */
export const GATES: readonly Gate[] = [
  { name: "fmt", args: ["fmt", "--check"] },
  { name: "lint", args: ["lint"] },
  { name: "types", args: ["check"] },
  { name: "tree", args: ["run", "--allow-read", "tools/check_tree.ts"] },
  { name: "doc-lint", args: ["doc", "--lint", "mod.ts"], needs: "mod.ts" },
  {
    name: "publish",
    args: ["publish", "--dry-run", "--allow-dirty", "--no-check"],
    needs: "mod.ts",
  },
  {
    name: "bundle",
    args: ["run", "-A", "tools/bundle_dashboard.ts", "--check"],
    needs: "dashboard/ui/main.tsx",
  },
];

/** Comes before the suites: most start what it builds. */
export const PROGRAMS_GATE: Gate = {
  name: "programs",
  args: ["run", "-A", "tools/build_programs.ts"],
  needs: "main.ts",
};

/** Comes before the suites, some of which drive what it makes. */
export const EXECUTABLE_GATE: Gate = {
  name: "executable",
  args: ["run", "-A", "tools/compile.ts", "--smoke"],
  needs: "main.ts",
};

/**
 * The suites, from the lowest layer to the highest. Folders that are pure run
 * without permissions, which proves that they are.
 */
export const SUITES: readonly Suite[] = [
  { name: "base", folder: "base", permissions: NOTHING },
  { name: "zmtp", folder: "zmtp", permissions: NOTHING },
  { name: "messages", folder: "messages", permissions: NOTHING },
  { name: "tracing", folder: "tracing", permissions: NOTHING },
  { name: "tools", folder: "tools", permissions: SHELL },
  { name: "security", folder: "security", permissions: MACHINE },
  { name: "sockets", folder: "sockets", permissions: [...MACHINE, NETWORK] },
  { name: "functions", folder: "functions", permissions: NOTHING },
  { name: "channels", folder: "channels", permissions: NOTHING },
  { name: "mpi", folder: "mpi", permissions: ALL },
  { name: "links", folder: "links", permissions: NOTHING },
  {
    name: "scheduler",
    folder: "scheduler",
    permissions: ["--allow-env=IPPD_SEED"],
  },
  { name: "store", folder: "store", permissions: ALL },
  { name: "hub", folder: "hub", permissions: NOTHING },
  { name: "engine", folder: "engine", permissions: ALL },
  { name: "client", folder: "client", permissions: NOTHING },
  { name: "dashboard", folder: "dashboard", permissions: ALL },
  { name: "labextension", folder: "labextension", permissions: NOTHING },
  { name: "cluster", folder: "cluster", permissions: ALL },
  { name: "cli", folder: "cli", permissions: ALL },
  { name: "bench", folder: "bench", permissions: ALL },
  {
    name: "conformance",
    folder: "tests/conformance",
    permissions: ALL,
    mustRun: true,
  },
  {
    name: "tests",
    folder: "tests",
    except: [
      "tests/chaos",
      "tests/conformance",
      "tests/executable",
      "tests/launchers",
    ],
    permissions: ALL,
  },
  { name: "chaos", folder: "tests/chaos", permissions: ALL },
  { name: "executables", folder: "tests/executable", permissions: ALL },
  { name: "launchers", folder: "tests/launchers", permissions: ALL },
  { name: "examples", folder: "examples", permissions: ALL },
];
