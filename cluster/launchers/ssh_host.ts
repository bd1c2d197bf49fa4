/**
 * One host and the engines on it: one connection of `ssh` for each thing that
 * is to be done there, however many engines it concerns.
 *
 * @module
 */
import {
  type Clock,
  ConnectionError,
  systemClock,
  type Timer,
} from "../../base/mod.ts";
import type { ConnectionInfo } from "../../security/mod.ts";
import type { Job } from "./launcher.ts";
import { expectSuccess, runProgram } from "./run_program.ts";
import {
  askedEngines,
  askScript,
  type RemoteEngine,
  type RemoteState,
  startedEngines,
  stopScript,
} from "./ssh_scripts.ts";

/** How often to ask a host. */
const POLL_INTERVAL_MS = 5_000;
/** The first questions come sooner: what cannot start ends at once. */
const FIRST_POLL_MS = 250;

/** An engine on a host, which wants to know how it is. */
export interface HostEngine {
  /** The engine. */
  readonly engine: RemoteEngine;
  /** Its launch name; that of a controller is not an engine's. */
  readonly names: readonly string[];
  /** Hears how it is. */
  heard(state: RemoteState): void;
}

/** Options of {@linkcode SshHost}. */
export interface SshHostConnection {
  /** The host, as `ssh` takes it. */
  readonly name: string;
  /** Further arguments of `ssh`. */
  readonly sshArgs: readonly string[];
  /** How often to ask. */
  readonly pollIntervalMs?: number | undefined;
  /** Time. @default systemClock */
  readonly clock?: Clock | undefined;
}

/** A host, and the engines that are known there. */
export class SshHost {
  /** Its name. */
  readonly name: string;
  /** What engines behind its tunnel must know, while there is one. */
  tunnelInfo: ConnectionInfo | undefined;
  readonly #tunnels: Job[] = [];
  readonly #options: SshHostConnection;
  readonly #clock: Clock;
  readonly #jobs = new Set<HostEngine>();
  readonly #asked = new Set<HostEngine>();
  readonly #stopping = new Set<RemoteEngine>();
  readonly #underWay = new Set<Promise<unknown>>();
  #stops: Promise<void> | undefined;
  #timer: Timer | undefined;
  #delayMs = FIRST_POLL_MS;

  /** Knows a host; says nothing to it. */
  constructor(options: SshHostConnection) {
    this.name = options.name;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** How many engines are there, as far as it knows. */
  get count(): number {
    let count = 0;
    for (const { names } of this.#jobs) count += names.length;
    return count;
  }

  /** Its tunnel, if it has one. */
  get tunnel(): Job | undefined {
    return this.#tunnels.at(-1);
  }

  /** A tunnel is there, and ends with the last engine. */
  addTunnel(tunnel: Job): void {
    const pid = tunnel.handle["pid"];
    const isKnown = this.#tunnels.some(({ handle }) => handle["pid"] === pid);
    if (!isKnown) this.#tunnels.push(tunnel);
  }

  /** The command that reaches the host. */
  command(...words: readonly string[]): string[] {
    const { sshArgs, name } = this.#options;
    return ["ssh", "-o", "BatchMode=yes", ...sshArgs, name, ...words];
  }

  /**
   * Has the host's shell read a script.
   *
   * @throws {ConnectionError} when it fails, with what it said.
   */
  async run(
    purpose: string,
    input: string,
    signal?: AbortSignal,
  ): Promise<string> {
    const options = {
      purpose: `${purpose} on ${this.name}`,
      input,
      ...(signal !== undefined && { signal }),
    };
    const command = this.command("sh", "-s");
    return expectSuccess(command, options, await runProgram(command, options));
  }

  /**
   * Starts engines.
   *
   * @throws {ConnectionError} when the host cannot be reached.
   */
  async start(
    script: string,
    signal: AbortSignal,
  ): Promise<readonly RemoteEngine[]> {
    const engines = startedEngines(
      await this.run("start engines", script, signal),
    );
    if (engines.length > 0) return engines;
    throw new ConnectionError(
      `Cannot start engines on ${this.name}: its shell says nothing of them`,
    );
  }

  /** An engine is there. */
  add(job: HostEngine): void {
    this.#jobs.add(job);
  }

  /** Asks about an engine from now on. */
  watch(job: HostEngine): void {
    this.#asked.add(job);
    this.#delayMs = FIRST_POLL_MS;
    this.#timer?.cancel();
    this.#schedule();
  }

  /** An engine is of no interest any more, and its tunnel stays. */
  async release(job: HostEngine): Promise<void> {
    this.#forget(job);
    for (const tunnel of this.#tunnels) await tunnel.release();
    await this.quiet();
  }

  /** An engine is gone. */
  remove(job: HostEngine): void {
    this.#forget(job);
    this.#jobs.delete(job);
    if (this.#jobs.size > 0) return;
    this.tunnelInfo = undefined;
    for (const tunnel of this.#tunnels.splice(0)) {
      this.#track(tunnel.stop());
    }
  }

  /** Settles when nothing that it began is under way any more. */
  async quiet(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  #forget(job: HostEngine): void {
    this.#asked.delete(job);
    if (this.#asked.size === 0) this.#timer?.cancel();
  }

  #track(work: Promise<unknown>): void {
    const tracked = work.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  /** Ends an engine, together with others that end in this moment. */
  stop(engine: RemoteEngine): Promise<void> {
    this.#stopping.add(engine);
    return this.#stops ??= Promise.resolve().then(async () => {
      const engines = [...this.#stopping];
      this.#stopping.clear();
      this.#stops = undefined;
      await this.run("stop engines", stopScript(engines));
    });
  }

  #schedule(): void {
    this.#timer = this.#clock.setTimer(
      this.#delayMs,
      () => this.#track(this.#ask()),
    );
    const longestMs = this.#options.pollIntervalMs ?? POLL_INTERVAL_MS;
    this.#delayMs = Math.min(longestMs, this.#delayMs * 2);
  }

  async #ask(): Promise<void> {
    const jobs = [...this.#asked];
    try {
      const script = askScript(jobs.map(({ engine }) => engine));
      const states = askedEngines(await this.run("look at engines", script));
      for (const job of jobs) {
        const state = states.get(job.engine.name);
        if (state !== undefined) job.heard(state);
      }
    } catch {
      // A host that does not answer says nothing of its engines.
    }
    if (this.#asked.size > 0) this.#schedule();
  }
}
