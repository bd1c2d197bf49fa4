/**
 * The program under test, as a process.
 *
 * @module
 */
import { selfCommand } from "../../cluster/process/mod.ts";

/** How a process ended, and all that it said. */
export interface IppdEnd {
  /** Its exit code. */
  readonly code: number;
  /** The signal that ended it, if one did. */
  readonly signal: string | null;
  /** All that it wrote to standard output. */
  readonly stdout: string;
  /** All that it wrote to standard error. */
  readonly stderr: string;
}

/** Longest wait for a line or an end: this machine may be busy. */
const WAIT_MS = 20_000;

/** A running `ippd`, or another program. */
export class IppdProcess implements AsyncDisposable {
  /** Its id. */
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #texts = { stdout: "", stderr: "" };
  readonly #ended: Promise<IppdEnd>;
  #hasEnded = false;
  #onText: (() => void)[] = [];

  /** Starts a command with its own folder of files. */
  constructor(
    command: readonly string[],
    ippdDir: string,
    options: Pick<
      Deno.CommandOptions,
      "clearEnv" | "cwd" | "env" | "gid" | "uid"
    > = {},
  ) {
    const [program = "", ...args] = command;
    this.#child = new Deno.Command(program, {
      args,
      ...options,
      env: { ...options.env, "IPPD_DIR": ippdDir },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.pid = this.#child.pid;
    this.#ended = this.#watch();
  }

  /** Ends it with a signal; settles when it has ended. */
  async end(signal: Deno.Signal = "SIGTERM"): Promise<IppdEnd> {
    if (!this.#hasEnded) this.#child.kill(signal);
    return await this.ended();
  }

  /** Waits for its end. */
  async ended(): Promise<IppdEnd> {
    return await this.#inTime(this.#ended, "end");
  }

  /** Waits for a text, on standard output and error together. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#texts.stdout) ??
        pattern.exec(this.#texts.stderr);
      if (match !== null) return match;
      if (this.#hasEnded) throw new Error(this.#story(`say ${pattern}`));
      const text = new Promise<void>((resolve) => this.#onText.push(resolve));
      await this.#inTime(text, `say ${pattern}`);
    }
  }

  /** Ends it at once, if it has not ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async #watch(): Promise<IppdEnd> {
    const [status] = await Promise.all([
      this.#child.status,
      this.#read("stdout"),
      this.#read("stderr"),
    ]);
    this.#hasEnded = true;
    this.#tell();
    return { code: status.code, signal: status.signal, ...this.#texts };
  }

  async #read(name: "stdout" | "stderr"): Promise<void> {
    const text = this.#child[name].pipeThrough(new TextDecoderStream());
    for await (const piece of text) {
      this.#texts[name] += piece;
      this.#tell();
    }
  }

  #tell(): void {
    for (const resolve of this.#onText.splice(0)) resolve();
  }

  async #inTime<T>(work: Promise<T>, what: string): Promise<T> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(this.#story(what))),
      WAIT_MS,
    );
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  #story(what: string): string {
    const { stdout, stderr } = this.#texts;
    return `process ${this.pid} did not ${what}; it said:\n${stdout}${stderr}`;
  }
}

/** Starts `ippd`. */
export function startIppd(
  ippdDir: string,
  ...words: readonly string[]
): IppdProcess {
  const [role = "", ...args] = words;
  return new IppdProcess(selfCommand(role, args), ippdDir);
}

/** Runs `ippd` to its end. */
export async function runIppd(
  ippdDir: string,
  ...words: readonly string[]
): Promise<IppdEnd> {
  await using process = startIppd(ippdDir, ...words);
  return await process.ended();
}

/** A controller that runs, and its files. */
export interface RunningController {
  /** The process. */
  readonly process: IppdProcess;
  /** Path of the connection file for clients. */
  readonly clientFile: string;
  /** Path of the connection file for engines. */
  readonly engineFile: string;
}

/** Starts a controller; its files are written. */
export async function startController(
  ippdDir: string,
  ...words: readonly string[]
): Promise<RunningController> {
  const process = startIppd(ippdDir, "controller", ...words);
  try {
    const [, engineFile = ""] = await process.says(/^ {2}engines {2}(.+)$/m);
    const [, clientFile = ""] = await process.says(/^ {2}clients {2}(.+)$/m);
    return { process, clientFile, engineFile };
  } catch (error) {
    await process[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts `ippd controller` with a page, whose address is in a file. */
export async function startDashboard(
  ippdDir: string,
): Promise<RunningController & { readonly pageFile: string }> {
  const running = await startController(ippdDir, "--dashboard");
  try {
    await running.process.says(/page +its address is in/);
  } catch (error) {
    await running.process[Symbol.asyncDispose]();
    throw error;
  }
  const pageFile = `${ippdDir}/default/security/ippd-dashboard.url`;
  return { ...running, pageFile };
}

/** Runs a test with a private folder in the place of the user's state. */
export async function withIppdDir(
  run: (ippdDir: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ippd-test-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Whether a process runs; one that waits to be buried does not. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    return !/^State:\s+Z/m.test(status);
  } catch {
    return false;
  }
}

/** Waits until a condition holds. */
export async function eventually(
  holds: () => Promise<boolean>,
  timeoutMs = 10_000,
): Promise<boolean> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!await holds()) {
    if (performance.now() > deadlineMs) return false;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return true;
}

/** Every file below a folder, but what stays: who did what, and records. */
export async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (name === "records") continue;
    if (isDirectory) files.push(...await filesBelow(path));
    else if (name !== "audit.jsonl") files.push(path);
  }
  return files;
}
