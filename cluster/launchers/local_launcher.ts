/**
 * Engines and controllers on this machine.
 *
 * @module
 */
import { join } from "node:path";
import { ConnectionError } from "../../base/mod.ts";
import {
  allocatorEnvironment,
  EXECUTABLE_VARIABLE,
  OutputTail,
  selfCommand,
} from "../process/mod.ts";
import {
  type ControllerLaunch,
  type EngineLaunch,
  type Job,
  type JobHandle,
  type Launcher,
  launchNames,
} from "./launcher.ts";
import { LocalJob } from "./local_job.ts";
import { identifyProcess } from "./process_identity.ts";
import { ProcessJob } from "./process_job.ts";

/** Starts processes on this machine. */
export class LocalLauncher implements Launcher {
  /** Its name. */
  readonly name = "local";
  /** It has none. */
  readonly options: Readonly<Record<string, unknown>> = {};

  /** Starts a controller. */
  // deno-lint-ignore require-await -- what it throws becomes a rejection
  async startController(launch: ControllerLaunch): Promise<Job> {
    const what = "controller";
    const command = selfCommand("controller", launch.args);
    const { logFolder, onStdout } = launch;
    return launch.detached
      ? startDetached({ what, command, logFolder, onStdout, names: [] })
      : new LocalJob({ what, command, logFolder, onStdout }, []);
  }

  /** Starts engines, one process for each. */
  // deno-lint-ignore require-await -- what it throws becomes a rejection
  async startEngines(launch: EngineLaunch): Promise<readonly Job[]> {
    return launchNames(launch).map((name) => {
      const what = "engine";
      const command = selfCommand("engine", [
        "--connect",
        launch.engineFile,
        "--launch",
        name,
        ...launch.args,
      ]);
      const { logFolder } = launch;
      return launch.detached
        ? startDetached({ what, command, logFolder, names: [name] })
        : new LocalJob({ what, command, logFolder }, [name]);
    });
  }

  /** Finds a process again. */
  attach(handle: JobHandle, names: readonly string[]): Job {
    const what = names.length === 0 ? "controller" : "engine";
    return attachProcess(what, handle, names);
  }
}

/** Finds a process of this machine again. */
export function attachProcess(
  what: string,
  handle: JobHandle,
  names: readonly string[],
): Job {
  const { pid, startTime, logFile } = handle;
  return new ProcessJob({
    what,
    identity: { pid: Number(pid), startTime: String(startTime) },
    names,
    logFile: logFile === undefined ? undefined : String(logFile),
  });
}

/** A process that outlives this program. */
export interface DetachedLaunch {
  /** Names it in messages and files. */
  readonly what: string;
  /** Program, then arguments. */
  readonly command: readonly string[];
  /** Folder for its words. */
  readonly logFolder: string;
  /** The launch names of its engines. */
  readonly names: readonly string[];
  /** Takes its first line of standard output. */
  readonly onStdout?: (line: string) => void;
}

/** Starts a process in a session of its own, its words in a file. */
export function startDetached(launch: DetachedLaunch): Job {
  const { what, command, logFolder, names, onStdout } = launch;
  Deno.mkdirSync(logFolder, { recursive: true, mode: 0o700 });
  const suffix = names[0]?.replaceAll("/", "-") ?? crypto.randomUUID();
  const logFile = join(logFolder, `${what}-${suffix}.log`);
  const output = onStdout === undefined ? '>>"$0" 2>&1' : '2>>"$0"';
  const child = spawnDetached(what, [
    "-c",
    `umask 077; exec "$@" </dev/null ${output}`,
    logFile,
    ...command,
  ], onStdout !== undefined);
  const identity = identifyProcess(child.pid);
  if (onStdout !== undefined) void readLines(child.stdout, onStdout);
  // Whether it is buried at once or later makes no difference to us.
  child.status.catch(() => {});
  child.unref();
  return new ProcessJob({
    what,
    identity: identity ?? { pid: child.pid, startTime: "" },
    names,
    logFile,
  });
}

function spawnDetached(
  what: string,
  args: readonly string[],
  hasReader: boolean,
): Deno.ChildProcess {
  try {
    return new Deno.Command("/bin/sh", {
      args: [...args],
      env: allocatorEnvironment(),
      detached: true,
      stdin: "null",
      stdout: hasReader ? "piped" : "null",
      stderr: "null",
    }).spawn();
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new ConnectionError(
      `Cannot start ${what}: /bin/sh does not run; install it, or name the executable in ${EXECUTABLE_VARIABLE}`,
      { cause },
    );
  }
}

/** Reads the first line: a controller has no more to say than that. */
async function readLines(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<void> {
  let count = 0;
  const tail = new OutputTail((line) => {
    count++;
    onLine(line);
  });
  const reader = stream.getReader();
  try {
    while (count === 0) {
      const { value, done } = await reader.read();
      if (done) break;
      tail.push(value);
    }
  } catch {
    // A pipe that breaks has no more to say.
  }
  await reader.cancel();
}
