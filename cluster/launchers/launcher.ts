/**
 * What a launcher is: it starts a controller, or a set of engines, somewhere,
 * and says how they are.
 *
 * @module
 */
import { randomWord } from "../../base/mod.ts";
import type { ConnectionInfo } from "../../security/mod.ts";

/** How a job ended. */
export interface JobEnd {
  /** One phrase for people, such as `ended with code 3`. */
  readonly reason: string;
  /** Its exit code, where known. */
  readonly code?: number;
  /** The signal that ended it, where known. */
  readonly signal?: string;
}

/** How a job is. */
export type JobState =
  /** Its system has it, and has not started it yet. */
  | { readonly kind: "pending"; readonly reason?: string }
  /** It runs. */
  | { readonly kind: "running"; readonly where?: string }
  /** It has ended. */
  | { readonly kind: "ended"; readonly end: JobEnd };

/** What finds a job again, in a form that goes into a file. */
export type JobHandle = Readonly<Record<string, string | number>>;

/** One thing that a launcher started: a process, or a job of several. */
export interface Job {
  /** Names it in messages: `engine`, `Slurm job 17_3`. */
  readonly what: string;
  /** The launch names of its engines; of a controller, none. */
  readonly names: readonly string[];
  /** What finds it again. */
  readonly handle: JobHandle;
  /** How it is, as far as is known now. */
  readonly state: JobState;
  /** The last lines of what it said, oldest first, as far as they are here. */
  readonly lastLines: readonly string[];
  /** Settles when it has ended, or when it was released; never rejects. */
  readonly ended: Promise<JobEnd>;
  /** The end of its output, fetched from wherever it is. */
  outputTail(): Promise<readonly string[]>;
  /**
   * Sends a signal to every process of the job.
   *
   * @throws {ConnectionError} when that is not possible, with the reason.
   */
  signal(signal: Deno.Signal): Promise<void>;
  /** Ends it, gently at first; settles when it has ended; never rejects. */
  stop(): Promise<JobEnd>;
  /** Lets go of it: it goes on, and outlives this program. */
  release(): void | Promise<void>;
}

/** What every launch needs to know. */
export interface LaunchPlace {
  /** The cluster's name; may be empty. */
  readonly clusterId: string;
  /** Folder for logs. */
  readonly logFolder: string;
  /** Folder for scripts and other files of the cluster. */
  readonly clusterFolder: string;
  /** Whether what is started outlives this program. */
  readonly detached: boolean;
}

/** A controller to start. */
export interface ControllerLaunch extends LaunchPlace {
  /** The folder of files that the cluster belongs to. */
  readonly profile: string;
  /** Flags of `ippd controller`. */
  readonly args: readonly string[];
  /** Takes each line of its standard output. */
  readonly onStdout: (line: string) => void;
  /** Takes why it cannot be used, where it runs nevertheless. */
  readonly onFailed: (error: Error) => void;
}

/** Where a scheduler can be reached from here. */
export interface ServerAddress {
  /** Candidate endpoints, `tcp://host:port`. */
  readonly endpoints: readonly string[];
}

/** Engines to start. */
export interface EngineLaunch extends LaunchPlace {
  /** The engine set that they belong to. */
  readonly setId: string;
  /** How many. */
  readonly n: number;
  /** The number of the first one in its set. */
  readonly firstIndex: number;
  /** The id that the first one may ask for; the others follow. */
  readonly firstId: number;
  /** Flags of `ippd engine`, but those that say where and who. */
  readonly args: readonly string[];
  /** Path of the engines' connection file on this machine. */
  readonly engineFile: string;
  /** What is in it, for launchers that carry it elsewhere. */
  readonly engineInfo: () => Promise<ConnectionInfo>;
  /** Where the schedulers are, for tunnels. */
  readonly schedulers: () => Promise<readonly ServerAddress[]>;
  /** Gives the launch up. */
  readonly signal: AbortSignal;
}

/**
 * Starts engines somewhere. A module that is named by its URL exports one as
 * `launcher`, or a function of that name that makes one from options.
 */
export interface Launcher {
  /** Its name, as in `--engines NAME`; a URL for one of somebody else. */
  readonly name: string;
  /** Its options, in a form that goes into a file. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Starts a controller; absent, it cannot. */
  startController?(launch: ControllerLaunch): Promise<Job>;
  /**
   * Starts engines. Settles when the system behind it has taken them; they
   * need not run yet.
   *
   * @throws {ConnectionError} when it has not, with what it said.
   */
  startEngines(launch: EngineLaunch): Promise<readonly Job[]>;
  /**
   * Finds a job again that another program started.
   *
   * @returns The job; one that is gone has ended.
   */
  attach(handle: JobHandle, names: readonly string[]): Job;
}

/** A launch name of a controller, which nothing else has. */
export function controllerName(clusterId: string): string {
  return `${clusterId}/controller/${randomWord()}`;
}

/** The launch name of one engine: `cluster/set/index`. */
export function launchName(
  { clusterId, setId }: Pick<EngineLaunch, "clusterId" | "setId">,
  index: number,
): string {
  return `${clusterId}/${setId}/${index}`;
}

/** The launch names of all engines of a launch. */
export function launchNames(launch: EngineLaunch): string[] {
  return Array.from(
    { length: launch.n },
    (_, offset) => launchName(launch, launch.firstIndex + offset),
  );
}
