/**
 * Engines as the ranks of one `mpiexec`.
 *
 * @module
 */
import { ConnectionError } from "../../base/mod.ts";
import { selfCommand } from "../process/mod.ts";
import { guardedCommand } from "./guarded_command.ts";
import {
  type EngineLaunch,
  type Job,
  type JobHandle,
  type Launcher,
  launchName,
  launchNames,
} from "./launcher.ts";
import { LocalJob } from "./local_job.ts";
import { attachProcess, startDetached } from "./local_launcher.ts";
import { OptionReader } from "./option_reader.ts";
import { expectSuccess, runProgram } from "./run_program.ts";

/** Whose `mpiexec` it is. */
export type MpiFlavour = "openmpi" | "mpich";

/** Options of {@linkcode MpiLauncher}. */
export interface MpiOptions {
  /** The program. @default "mpiexec" */
  readonly mpiexec?: string;
  /** Further arguments of `mpiexec`, such as `--hostfile`. @default [] */
  readonly mpiArgs?: readonly string[];
  /** The words that start ippd on the hosts. Absent, as this one. */
  readonly program?: readonly string[];
}

/**
 * Starts engines by `mpiexec` of Open MPI or MPICH; rank and engine id count
 * on together. With MPICH an engine that crashes takes the others along.
 */
export class MpiLauncher implements Launcher {
  /** Its name. */
  readonly name = "mpi";
  /** Its options. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly #options: MpiOptions;

  /** Knows its options; runs nothing. */
  constructor(options: MpiOptions = {}) {
    this.#options = options;
    this.options = { ...options };
  }

  /**
   * From options that come from a command line or a file.
   *
   * @throws {TypeError} when one is unknown or of the wrong kind.
   */
  static fromOptions(options: Readonly<Record<string, unknown>>): MpiLauncher {
    const read = new OptionReader("mpi", options);
    const mpiexec = read.text("mpiexec");
    const mpiArgs = read.texts("mpiArgs");
    const program = read.texts("program");
    read.done();
    return new MpiLauncher({
      ...(mpiexec !== undefined && { mpiexec }),
      ...(mpiArgs !== undefined && { mpiArgs }),
      ...(program !== undefined && { program }),
    });
  }

  /** Starts engines, all of them in one job. */
  async startEngines(launch: EngineLaunch): Promise<readonly Job[]> {
    const { mpiexec = "mpiexec" } = this.#options;
    const flavour = await flavourOf(mpiexec, launch.signal);
    const command = mpiCommand(launch, flavour, this.#options);
    const names = launchNames(launch);
    const { logFolder } = launch;
    const what = "mpiexec";
    return launch.detached
      ? [startDetached({ what, command, logFolder, names })]
      : [
        new LocalJob(
          { what, command: guardedCommand(command), logFolder },
          names,
        ),
      ];
  }

  /** Finds a job again. */
  attach(handle: JobHandle, names: readonly string[]): Job {
    return attachProcess("mpiexec", handle, names);
  }
}

/** The command of a set of ranks. */
export function mpiCommand(
  launch: EngineLaunch,
  flavour: MpiFlavour,
  options: MpiOptions,
): string[] {
  const { mpiexec = "mpiexec", mpiArgs = [], program } = options;
  const engine = [
    ...["--connect", launch.engineFile, "--mpi"],
    ...["--id", String(launch.firstId)],
    ...["--launch", launchName(launch, launch.firstIndex)],
    ...launch.args,
  ];
  return [
    mpiexec,
    // Without it, one rank that crashes ends the others.
    ...(flavour === "openmpi" ? ["--enable-recovery"] : []),
    ...mpiArgs,
    ...["-n", String(launch.n)],
    ...(program === undefined
      ? selfCommand("engine", engine)
      : [...program, "engine", ...engine]),
  ];
}

/** Whose `mpiexec` it is, by what it says of itself. */
async function flavourOf(
  mpiexec: string,
  signal: AbortSignal,
): Promise<MpiFlavour> {
  const command = [mpiexec, "--version"];
  const options = { purpose: "start engines by MPI", signal };
  const result = await runProgram(command, options);
  const text = expectSuccess(command, options, result);
  if (/Open MPI|OpenRTE|PRRTE/.test(text)) return "openmpi";
  if (/HYDRA|MPICH|Intel\(R\) MPI/.test(text)) return "mpich";
  throw new ConnectionError(
    `Cannot start engines by MPI: ${mpiexec} is of neither Open MPI nor MPICH (${
      text.split("\n")[0]
    }); name another one in the option mpiexec`,
  );
}
