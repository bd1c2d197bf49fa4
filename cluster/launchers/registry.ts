/**
 * Launchers by their name.
 *
 * @module
 */
import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConnectionError } from "../../base/mod.ts";
import type { BatchSystem } from "./batch_system.ts";
import type { Launcher } from "./launcher.ts";
import { LocalLauncher } from "./local_launcher.ts";

/** Options of a launcher, as they come from a command line or a file. */
export type LauncherOptions = Readonly<Record<string, unknown>>;

type MakeLauncher = (options: LauncherOptions) => Launcher | Promise<Launcher>;

function batch(load: () => Promise<BatchSystem>): MakeLauncher {
  return async (options) => {
    const { BatchLauncher } = await import("./batch_launcher.ts");
    return BatchLauncher.fromOptions(await load(), options);
  };
}

/** Each is loaded when it is asked for: most programs need one. */
const LAUNCHERS: ReadonlyMap<string, MakeLauncher> = new Map<
  string,
  MakeLauncher
>([
  ["local", () => new LocalLauncher()],
  ["mpi", async (options) => {
    const { MpiLauncher } = await import("./mpi_launcher.ts");
    return MpiLauncher.fromOptions(options);
  }],
  ["ssh", async (options) => {
    const { SshLauncher } = await import("./ssh_launcher.ts");
    return SshLauncher.fromOptions(options);
  }],
  ["slurm", batch(async () => (await import("./slurm.ts")).SLURM)],
  ["sge", batch(async () => (await import("./grid_engine.ts")).GRID_ENGINE)],
  ["pbs", batch(async () => (await import("./pbs.ts")).PBS)],
  ["lsf", batch(async () => (await import("./lsf.ts")).LSF)],
  ["htcondor", batch(async () => (await import("./htcondor.ts")).HTCONDOR)],
  [
    "kubernetes",
    batch(async () => (await import("./kubernetes.ts")).KUBERNETES),
  ],
]);

/** The names of the launchers that come with ippd. */
export const LAUNCHER_NAMES: readonly string[] = [...LAUNCHERS.keys()];

/**
 * The launcher of a name, or of a module: one that is named by a URL or a
 * path exports it as `launcher`, or a function of that name that makes one
 * from options.
 *
 * @throws {RangeError} when there is none of that name.
 * @throws {TypeError} when its options are wrong, or the module's `launcher`
 * is none.
 * @throws {ConnectionError} when the module cannot be loaded.
 */
export async function loadLauncher(
  name: string,
  options: LauncherOptions = {},
): Promise<Launcher> {
  const make = LAUNCHERS.get(name);
  if (make !== undefined) return await make(options);
  const url = moduleUrl(name);
  if (url !== undefined) return await fromModule(name, url, options);
  throw new RangeError(
    `Cannot find launcher ${name}: there are ${
      LAUNCHER_NAMES.join(", ")
    }; name the module of another one by its URL or its path`,
  );
}

function moduleUrl(name: string): string | undefined {
  if (/^(npm|jsr|file|https|data):/.test(name)) return name;
  if (isAbsolute(name) || name.startsWith("./") || name.startsWith("../")) {
    return pathToFileURL(resolve(name)).href;
  }
  return undefined;
}

async function fromModule(
  name: string,
  url: string,
  options: LauncherOptions,
): Promise<Launcher> {
  let module: unknown;
  try {
    module = await import(url);
  } catch (cause) {
    throw new ConnectionError(
      `Cannot load launcher ${name}: its module does not load; see the cause`,
      { cause },
    );
  }
  const exported: unknown = isObject(module)
    ? Reflect.get(module, "launcher")
    : undefined;
  const made: unknown = typeof exported === "function"
    ? await exported(options)
    : exported;
  if (isLauncher(made)) return new NamedLauncher(url, options, made);
  throw new TypeError(
    `Cannot use launcher ${name}: its module exports no launcher with startEngines and attach`,
  );
}

/** Somebody else's launcher, under the name by which it is found again. */
class NamedLauncher implements Launcher {
  readonly name: string;
  readonly options: LauncherOptions;
  readonly startEngines: Launcher["startEngines"];
  readonly attach: Launcher["attach"];
  readonly startController?: NonNullable<Launcher["startController"]>;

  constructor(name: string, options: LauncherOptions, inner: Launcher) {
    this.name = name;
    this.options = options;
    this.startEngines = (launch) => inner.startEngines(launch);
    this.attach = (handle, names) => inner.attach(handle, names);
    const startController = inner.startController?.bind(inner);
    if (startController !== undefined) this.startController = startController;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isLauncher(value: unknown): value is Launcher {
  if (!isObject(value)) return false;
  return typeof Reflect.get(value, "startEngines") === "function" &&
    typeof Reflect.get(value, "attach") === "function";
}
