/**
 * Engines and controllers as jobs of a batch system.
 *
 * @module
 */
import { join } from "node:path";
import { type Clock, ConnectionError, systemClock } from "../../base/mod.ts";
import { stateFolder } from "../../client/profile/mod.ts";
import { formatConnectionInfo } from "../../security/mod.ts";
import { parseAnnouncement, selfCommand } from "../process/mod.ts";
import { BatchJob } from "./batch_job.ts";
import { BatchPoller } from "./batch_poller.ts";
import type { BatchSystem, BatchVariables } from "./batch_system.ts";
import {
  type ControllerLaunch,
  controllerName,
  type EngineLaunch,
  type Job,
  type JobHandle,
  type Launcher,
  launchNames,
  type LaunchPlace,
} from "./launcher.ts";
import { OptionReader } from "./option_reader.ts";
import type { RunProgram } from "./run_program.ts";
import { tailOfFile } from "./tail_of_file.ts";

/** How often to look whether a controller has announced itself. */
const LOG_LOOK_MS = 200;

/** Options of {@linkcode BatchLauncher}. */
export interface BatchOptions {
  /** Engines in each job. @default 1 */
  readonly enginesPerJob?: number;
  /** The queue or partition. Absent, the system's own choice. */
  readonly queue?: string;
  /** Who pays. */
  readonly account?: string;
  /** How long a job may run, in the system's words. */
  readonly timeLimit?: string;
  /** Further directives, without the prefix of the system. @default [] */
  readonly directives?: readonly string[];
  /** Lines of shell before the engines start. @default [] */
  readonly prologue?: readonly string[];
  /** The words that start ippd there. Absent, as this one. */
  readonly program?: readonly string[];
  /** Image of containers, for systems that have them. */
  readonly image?: string;
  /** How often to ask how jobs are. @default POLL_INTERVAL_MS */
  readonly pollIntervalMs?: number;
}

/** What tests replace. */
export interface BatchParts {
  /** Runs commands. */
  readonly run?: RunProgram;
  /** Time. */
  readonly clock?: Clock;
}

/**
 * Starts engines through a batch system, whose nodes share files with this
 * machine: the connection file is read there, logs are written there.
 */
export class BatchLauncher implements Launcher {
  /** The system's name. */
  readonly name: string;
  /** Its options. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly #system: BatchSystem;
  readonly #options: BatchOptions;
  readonly #poller: BatchPoller;
  readonly #clock: Clock | undefined;

  /** Knows a system; asks it nothing. */
  constructor(
    system: BatchSystem,
    options: BatchOptions = {},
    { run, clock }: BatchParts = {},
  ) {
    this.name = system.name;
    this.options = { ...options };
    this.#system = system;
    this.#options = options;
    this.#clock = clock;
    const { pollIntervalMs } = options;
    this.#poller = new BatchPoller({ system, pollIntervalMs, run, clock });
  }

  /**
   * From options that come from a command line or a file.
   *
   * @throws {TypeError} when one is unknown or of the wrong kind.
   */
  static fromOptions(
    system: BatchSystem,
    options: Readonly<Record<string, unknown>>,
  ): BatchLauncher {
    return new BatchLauncher(system, readOptions(system.name, options));
  }

  /**
   * Submits a controller as a job. It says in its log, which is here as well,
   * where its files are.
   */
  async startController(launch: ControllerLaunch): Promise<Job> {
    const system = this.#system;
    const { program, image } = this.#options;
    if (system.isApart === true || image !== undefined) {
      throw new ConnectionError(
        `Cannot start a controller by ${system.title} in a container: its files would stay there; name another launcher for it`,
      );
    }
    const variables: BatchVariables = {
      ...this.#wishes(launch),
      jobName: ["ippd", launch.clusterId, "controller"].filter(Boolean)
        .join("-"),
      tasks: 1,
      enginesPerJob: 1,
      firstIndex: 0,
      launchPrefix: `${controllerName(launch.clusterId)}-`,
      // Jobs of some systems have none of the variables of who submits them.
      engine: ["env", `IPPD_DIR=${stateFolder()}`].concat(
        program === undefined
          ? selfCommand("controller", launch.args)
          : [...program, "controller", ...launch.args],
      ),
    };
    const id = await this.#submit("a controller", variables);
    const taskId = system.isWhole === true ? id : system.taskId(id, 0);
    const { logFolder, jobName } = variables;
    const job = this.#job(
      taskId,
      [],
      system.logFile(logFolder, jobName, taskId),
    );
    followLog(job, launch, this.#clock);
    return job;
  }

  /** Submits one array of jobs. */
  async startEngines(launch: EngineLaunch): Promise<readonly Job[]> {
    const system = this.#system;
    const variables = await this.#variables(launch);
    const id = await this.#submit(`${launch.n} engines`, variables);
    const names = launchNames(launch);
    const { enginesPerJob, tasks, jobName, logFolder } = variables;
    if (system.isWhole === true) return [this.#job(id, names, "")];
    return Array.from({ length: tasks }, (_, task) => {
      const taskId = system.taskId(id, task);
      const first = task * enginesPerJob;
      return this.#job(
        taskId,
        names.slice(first, first + enginesPerJob),
        system.logFile(logFolder, jobName, taskId),
      );
    });
  }

  /** Finds a job again. */
  attach(handle: JobHandle, names: readonly string[]): Job {
    const { id, logFile } = handle;
    return this.#job(String(id), names, String(logFile));
  }

  async #submit(what: string, variables: BatchVariables): Promise<string> {
    const system = this.#system;
    await Deno.mkdir(variables.logFolder, { recursive: true, mode: 0o700 });
    const stdout = await this.#poller.command(
      `submit ${what}`,
      system.submit,
      system.script(variables),
    );
    const id = system.submittedId(stdout);
    if (id !== undefined) return id;
    throw new ConnectionError(
      `Cannot submit ${what} by ${system.title}: ${
        system.submit[0]
      } names no job (${stdout.trim().slice(0, 200)})`,
    );
  }

  /** What the options say of every job. */
  #wishes({ logFolder }: LaunchPlace) {
    const { queue, account, timeLimit, directives, prologue } = this.#options;
    return {
      logFolder: join(logFolder),
      queue,
      account,
      timeLimit,
      directives: directives ?? [],
      prologue: prologue ?? [],
    };
  }

  #job(id: string, names: readonly string[], logFile: string): BatchJob {
    return new BatchJob({
      system: this.#system,
      poller: this.#poller,
      id,
      names,
      logFile,
      clock: this.#clock,
    });
  }

  async #variables(launch: EngineLaunch): Promise<BatchVariables> {
    const { enginesPerJob = 1, program, image } = this.#options;
    const { n, clusterId, setId, engineFile } = launch;
    if (n % enginesPerJob !== 0) {
      throw new RangeError(
        `Cannot start ${n} engines, ${enginesPerJob} in each job: a multiple is needed`,
      );
    }
    const flags = launch.args;
    const isContainer = image !== undefined;
    const args = isContainer ? flags : ["--connect", engineFile, ...flags];
    return {
      ...this.#wishes(launch),
      jobName: ["ippd", clusterId, setId].filter(Boolean).join("-"),
      tasks: n / enginesPerJob,
      enginesPerJob,
      firstIndex: launch.firstIndex,
      launchPrefix: `${clusterId}/${setId}/`,
      engine: program === undefined && !isContainer
        ? selfCommand("engine", args)
        : [...program ?? ["ippd"], "engine", ...args],
      image,
      connectionInfo: isContainer
        ? formatConnectionInfo(await launch.engineInfo())
        : undefined,
    };
  }
}

/** Hands on what a job says, until it has announced itself or ended. */
function followLog(
  job: BatchJob,
  { onStdout }: ControllerLaunch,
  clock: Clock = systemClock,
): void {
  let isOver = false;
  void job.ended.then(() => {
    isOver = true;
  });
  const look = (): void => {
    if (isOver) return;
    const announcement = tailOfFile(job.logFile)
      .find((line) => parseAnnouncement(line) !== undefined);
    if (announcement !== undefined) return onStdout(announcement);
    clock.setTimer(LOG_LOOK_MS, look);
  };
  look();
}

function readOptions(
  name: string,
  options: Readonly<Record<string, unknown>>,
): BatchOptions {
  const read = new OptionReader(name, options);
  const found = {
    enginesPerJob: read.count("enginesPerJob"),
    queue: read.text("queue"),
    account: read.text("account"),
    timeLimit: read.text("timeLimit"),
    directives: read.texts("directives"),
    prologue: read.texts("prologue"),
    program: read.texts("program"),
    image: read.text("image"),
    pollIntervalMs: read.count("pollIntervalMs"),
  };
  read.done();
  return withoutAbsent(found);
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields of an object that have a value. */
function withoutAbsent<T extends object>(object: T): Present<T>;
function withoutAbsent(object: object): object {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  );
}
