/**
 * An engine or a controller on another host.
 *
 * @module
 */
import { ConnectionError } from "../../base/mod.ts";
import type { Job, JobEnd, JobHandle, JobState } from "./launcher.ts";
import type { SshHost } from "./ssh_host.ts";
import {
  type RemoteEngine,
  type RemoteState,
  signalScript,
} from "./ssh_scripts.ts";
import { shellWord } from "./shell_words.ts";
import { tailOfText } from "./tail_of_file.ts";

/** An engine on another host, as that host's shell tells of it. */
export class SshJob implements Job {
  /** Names it in messages. */
  readonly what: string;
  /** Its launch name. */
  readonly names: readonly string[];
  /** The engine on its host. */
  readonly engine: RemoteEngine;
  readonly #host: SshHost;
  readonly #end = Promise.withResolvers<JobEnd>();
  #state: JobState;
  #lastLines: readonly string[] = [];
  #isWatched = false;
  #stopping: Promise<JobEnd> | undefined;

  /** Knows an engine; asks nothing before somebody wants to know its end. */
  constructor(
    host: SshHost,
    engine: RemoteEngine,
    role: "engine" | "controller" = "engine",
  ) {
    this.#host = host;
    this.engine = engine;
    this.names = role === "engine" ? [engine.name] : [];
    this.what = `${role} on ${host.name}`;
    this.#state = { kind: "running", where: host.name };
    host.add(this);
  }

  /** What finds it again. */
  get handle(): JobHandle {
    const { pid, logFile, name } = this.engine;
    const tunnel = this.#host.tunnel?.handle;
    return {
      host: this.#host.name,
      remotePid: pid,
      logFile,
      ...(this.names.length === 0 && { controller: name }),
      ...(tunnel !== undefined && {
        tunnelPid: tunnel["pid"] ?? 0,
        tunnelStartTime: tunnel["startTime"] ?? "",
      }),
    };
  }

  /** How it is, as far as its host has told. */
  get state(): JobState {
    return this.#state;
  }

  /** What it said last, once it has ended. */
  get lastLines(): readonly string[] {
    return this.#lastLines;
  }

  /** Settles when it has ended. */
  get ended(): Promise<JobEnd> {
    if (!this.#isWatched) {
      this.#isWatched = true;
      this.#host.watch(this);
    }
    return this.#end.promise;
  }

  /** The end of its log, fetched from its host. */
  async outputTail(): Promise<readonly string[]> {
    const script = `cat ${shellWord(this.engine.logFile)}\n`;
    return tailOfText(await this.#host.run("read a log", script));
  }

  /** Sends a signal. */
  async signal(signal: Deno.Signal): Promise<void> {
    const script = signalScript([this.engine], signal);
    await this.#host.run(`send ${signal} to an engine`, script);
  }

  /** Ends it. */
  stop(): Promise<JobEnd> {
    return this.#stopping ??= this.#stop();
  }

  /** Asks about it no more. */
  async release(): Promise<void> {
    await this.#host.release(this);
  }

  /** Hears how it is. */
  heard(state: RemoteState): void {
    if (state === "runs") return;
    this.#lastLines = state;
    this.#ended({ reason: "ended" });
  }

  async #stop(): Promise<JobEnd> {
    if (this.#state.kind === "ended") return this.#state.end;
    try {
      await this.#host.stop(this.engine);
      this.#ended({ reason: "was stopped" });
    } catch (error) {
      // It ends by itself when it hears no hub for its lease.
      const why = error instanceof ConnectionError ? error.message : "unknown";
      this.#ended({ reason: `could not be stopped: ${why}` });
    }
    await this.#host.quiet();
    return await this.#end.promise;
  }

  #ended(end: JobEnd): void {
    if (this.#state.kind === "ended") return;
    this.#state = { kind: "ended", end };
    this.#host.remove(this);
    this.#end.resolve(end);
  }
}
