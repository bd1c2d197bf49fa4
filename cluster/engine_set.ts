/**
 * Engines of one cluster that one launcher started.
 *
 * @module
 */
import { randomWord } from "../base/mod.ts";
import type { EngineInfo } from "../messages/mod.ts";
import type { EngineSetRecord, JobRecord } from "./files/mod.ts";
import {
  type EngineLaunch,
  type Job,
  type JobState,
  type Launcher,
  launchName,
} from "./launchers/mod.ts";

/** Characters of a set's name; it is part of its engines' names. */
const SET_ID_CHARACTERS = 6;

/** What a set must be told to start engines. */
export type SetLaunch = Omit<
  EngineLaunch,
  "setId" | "n" | "firstIndex" | "args"
>;

/** How one job of a set is. */
export interface JobStatus {
  /** Names it: `engine`, `Slurm job 17_3`. */
  readonly what: string;
  /** How many engines it has. */
  readonly engines: number;
  /** How it is, as far as is known. */
  readonly state: JobState;
}

/** Engines that one launcher started in the same way. */
export interface EngineSet {
  /** Its name. */
  readonly id: string;
  /** The name of its launcher, or the URL of the launcher's module. */
  readonly launcher: string;
  /** How many engines it has, whether they run or are to run. */
  readonly n: number;
  /** The ids of its engines that are in the cluster, ascending. */
  readonly ids: readonly number[];
  /** How its jobs are. */
  readonly jobs: readonly JobStatus[];
  /** The last lines that each job said, by the job's name. */
  outputTails(): Promise<ReadonlyMap<string, readonly string[]>>;
}

/** Engines to be started as one set. */
export interface SetPlan {
  /** Starts its engines. */
  readonly launcher: Launcher;
  /** Flags of `ippd engine` that say how its engines are. */
  readonly engineFlags: readonly string[];
  /** How many. */
  readonly n: number;
}

/** Options of {@linkcode EngineGroup}. */
export interface EngineSetOptions extends Omit<SetPlan, "n"> {
  /** The engines of the cluster, now. */
  readonly engines: () => readonly EngineInfo[];
  /** Hears that a job has ended. */
  readonly onEnded: (set: EngineGroup, job: Job) => void;
  /** Its name. Absent, one is made up. */
  readonly id?: string;
  /** The number of its next engine. @default 0 */
  readonly nextIndex?: number;
}

/** A set, as its cluster sees it. */
export class EngineGroup implements EngineSet {
  /** Its name. */
  readonly id: string;
  readonly #options: EngineSetOptions;
  readonly #jobs = new Set<Job>();
  #nextIndex: number;

  /** Makes a set without engines; clusters do. */
  constructor(options: EngineSetOptions) {
    this.id = options.id ?? randomWord(SET_ID_CHARACTERS);
    this.#options = options;
    this.#nextIndex = options.nextIndex ?? 0;
  }

  /** The name of its launcher, or the URL of the launcher's module. */
  get launcher(): string {
    return this.#options.launcher.name;
  }

  /** How many engines it has, whether they run or are to run. */
  get n(): number {
    return this.names.length;
  }

  /** The ids of its engines that are in the cluster, ascending. */
  get ids(): readonly number[] {
    const names = new Set(this.names);
    return this.#options.engines()
      .filter(({ launch }) => launch !== undefined && names.has(launch))
      .map(({ engineId }) => engineId);
  }

  /** Whether its slots run a start-up script. */
  get hasStartup(): boolean {
    return this.#options.engineFlags.some((flag) =>
      flag.startsWith("--startup")
    );
  }

  /** How its jobs are. */
  get jobs(): readonly JobStatus[] {
    return this.members.map(({ what, names, state }) => ({
      what,
      engines: names.length,
      state,
    }));
  }

  /** What starts as many engines of the same kind. */
  get plan(): SetPlan {
    const { launcher, engineFlags } = this.#options;
    return { launcher, engineFlags, n: this.n };
  }

  /** Its jobs that have not ended. */
  get members(): readonly Job[] {
    return [...this.#jobs];
  }

  /** The launch names of its engines. */
  get names(): readonly string[] {
    return this.members.flatMap(({ names }) => names);
  }

  /** The last lines that each job said, by the job's name. */
  async outputTails(): Promise<ReadonlyMap<string, readonly string[]>> {
    const tails = await Promise.all(
      this.members.map(async (job, index) =>
        [
          `${job.what} ${job.names[0] ?? index}`,
          await job.outputTail(),
        ] as const
      ),
    );
    return new Map(tails);
  }

  /** Starts more engines; they are members, and not yet in the cluster. */
  async launch(n: number, launch: SetLaunch): Promise<readonly Job[]> {
    const firstIndex = this.#nextIndex;
    this.#nextIndex += n;
    const jobs = await this.#options.launcher.startEngines({
      ...launch,
      setId: this.id,
      n,
      firstIndex,
      args: this.#options.engineFlags,
    });
    for (const job of jobs) {
      this.#jobs.add(job);
      void job.ended.then(() => this.#ended(job));
    }
    return jobs;
  }

  /** Finds jobs again that another program started. */
  attach(records: readonly JobRecord[]): void {
    for (const { handle, names } of records) {
      this.#jobs.add(this.#options.launcher.attach(handle, names));
    }
  }

  /** Takes a job out that has ended or is about to. */
  forget(job: Job): void {
    this.#ended(job);
  }

  /** Whether an engine is of this set. */
  has(clusterId: string, launch: string | undefined): boolean {
    const prefix = launchName({ clusterId, setId: this.id }, 0).slice(0, -1);
    return launch?.startsWith(prefix) === true;
  }

  /** The set, written down, with some of its jobs. */
  record(jobs: readonly Job[]): EngineSetRecord {
    const { launcher, engineFlags } = this.#options;
    return {
      id: this.id,
      launcher: launcher.name,
      launcherOptions: launcher.options,
      engineFlags,
      nextIndex: this.#nextIndex,
      jobs: jobs.map(({ handle, names }) => ({ handle, names })),
    };
  }

  #ended(job: Job): void {
    if (this.#jobs.delete(job)) this.#options.onEnded(this, job);
  }
}
