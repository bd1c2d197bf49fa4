/**
 * What a batch system is: a script template and a table of commands.
 *
 * @module
 */

/** What a template knows. */
export interface BatchVariables {
  /** Name of the job, for people. */
  readonly jobName: string;
  /** How many jobs, as an array. */
  readonly tasks: number;
  /** Engines in each. */
  readonly enginesPerJob: number;
  /** The number of the first engine in its set. */
  readonly firstIndex: number;
  /** The launch name of an engine, up to its number. */
  readonly launchPrefix: string;
  /** Words that start an engine, but its launch name. */
  readonly engine: readonly string[];
  /** Folder for what the jobs say. */
  readonly logFolder: string;
  /** The queue or partition. */
  readonly queue?: string | undefined;
  /** Who pays. */
  readonly account?: string | undefined;
  /** How long a job may run, in the system's words. */
  readonly timeLimit?: string | undefined;
  /** Further directives, without the prefix of the system. */
  readonly directives: readonly string[];
  /** Lines of shell before the engines start, such as `module load deno`. */
  readonly prologue: readonly string[];
  /** Text of the connection file, for systems without shared files. */
  readonly connectionInfo?: string | undefined;
  /** Image of containers, for systems that have them. */
  readonly image?: string | undefined;
}

/** How a batch job is. */
export type BatchState =
  | { readonly kind: "pending"; readonly reason?: string }
  | { readonly kind: "running"; readonly where?: string }
  | { readonly kind: "ended"; readonly reason: string };

/** A batch system. */
export interface BatchSystem {
  /** Its name, as in `--engines NAME`. */
  readonly name: string;
  /** Its name for people. */
  readonly title: string;
  /** The command that takes a script from its standard input. */
  readonly submit: readonly string[];
  /** The script, or the manifest. */
  script(variables: BatchVariables): string;
  /** The id in what the submission printed. */
  submittedId(stdout: string): string | undefined;
  /** Whether its jobs share no files with this machine. */
  readonly isApart?: boolean;
  /** Whether an array ends as a whole only; absent, each job does alone. */
  readonly isWhole?: boolean;
  /** The id of one job of an array. */
  taskId(id: string, task: number): string;
  /** Where a job's words go. */
  logFile(logFolder: string, jobName: string, taskId: string): string;
  /** The command that tells how jobs are. */
  list(ids: readonly string[]): readonly string[];
  /** How each job is, in what that printed; what is absent is gone. */
  listed(stdout: string): ReadonlyMap<string, BatchState>;
  /** Whether a failed listing only says that it knows none of the jobs. */
  listsNothing?(stderr: string): boolean;
  /** The command that ends jobs. */
  cancel(ids: readonly string[]): readonly string[];
  /** The command that sends a signal; absent, it cannot. */
  signal?(id: string, signal: Deno.Signal): readonly string[];
}
