/**
 * Engines and controllers on other hosts, by the user's own `ssh`.
 *
 * @module
 */
import { toError } from "../../base/mod.ts";
import {
  type ConnectionInfo,
  formatConnectionInfo,
} from "../../security/mod.ts";
import {
  type ControllerLaunch,
  controllerName,
  type EngineLaunch,
  type Job,
  type JobHandle,
  type Launcher,
  launchNames,
} from "./launcher.ts";
import { attachProcess } from "./local_launcher.ts";
import { startSshController } from "./ssh_controller.ts";
import { sendExecutable } from "./ssh_executable.ts";
import { SshHost } from "./ssh_host.ts";
import { SshJob } from "./ssh_job.ts";
import type { SshHostOptions, SshOptions } from "./ssh_options.ts";
import { readSshOptions } from "./ssh_options.ts";
import { REMOTE_FOLDER, startScript } from "./ssh_scripts.ts";
import { shellWord } from "./shell_words.ts";
import { openTunnel } from "./ssh_tunnel.ts";

/** Engines that go to one host. */
interface Share {
  readonly host: SshHost;
  readonly options: SshHostOptions;
  readonly names: readonly string[];
}

/** Starts engines on other hosts. */
export class SshLauncher implements Launcher {
  /** Its name. */
  readonly name = "ssh";
  /** Its options. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly #options: SshOptions;
  readonly #hosts: ReadonlyMap<string, SshHost>;

  /** Knows its options; reaches nobody. */
  constructor(options: SshOptions) {
    this.#options = options;
    this.options = { ...options };
    const { sshArgs = [], pollIntervalMs } = options;
    this.#hosts = new Map(
      Object.keys(options.hosts).map((name) => [
        name,
        new SshHost({ name, sshArgs, pollIntervalMs }),
      ]),
    );
  }

  /**
   * From options that come from a command line or a file.
   *
   * @throws {TypeError} when one is unknown, missing or of the wrong kind.
   */
  static fromOptions(options: Readonly<Record<string, unknown>>): SshLauncher {
    return new SshLauncher(readSshOptions(options));
  }

  /** Starts a controller on the first host. */
  async startController(launch: ControllerLaunch): Promise<Job> {
    const [first] = this.#hosts;
    if (first === undefined) {
      throw new RangeError(
        "Cannot start a controller by ssh: the option hosts names no host",
      );
    }
    const [hostName, host] = first;
    const options = hostOptions(this.#options.hosts[hostName]);
    const { executable } = this.#options;
    const sent = executable === undefined
      ? undefined
      : await sendExecutable(host, executable);
    return await startSshController(host, launch, {
      folder: this.#folder,
      key: `ippd-${launch.clusterId}-controller`,
      directory: options.directory,
      environment: options.environment ?? {},
      program: options.program ?? sent ?? this.#options.program ?? ["ippd"],
      args: launch.args,
      name: controllerName(launch.clusterId),
    });
  }

  /** Starts engines, each host's by one connection. */
  async startEngines(launch: EngineLaunch): Promise<readonly Job[]> {
    const shares = this.#deal(launchNames(launch));
    const results = await Promise.allSettled(
      shares.map((share) => this.#start(share, launch)),
    );
    const jobs = results.flatMap((result) =>
      result.status === "fulfilled" ? result.value : []
    );
    const failure = results.find((result) => result.status === "rejected");
    if (failure === undefined) return jobs;
    await Promise.all(jobs.map((job) => job.stop()));
    throw toError(failure.reason);
  }

  /** Finds an engine again. */
  attach(handle: JobHandle, names: readonly string[]): Job {
    const { remotePid, logFile, tunnelPid, tunnelStartTime } = handle;
    const { controller } = handle;
    // A controller that ends with the program that started it.
    if (remotePid === undefined) return attachProcess("controller", handle, []);
    const name = String(handle["host"]);
    const { sshArgs = [] } = this.#options;
    const host = this.#hosts.get(name) ?? new SshHost({ name, sshArgs });
    if (tunnelPid !== undefined) {
      const startTime = tunnelStartTime ?? "";
      const tunnel = { pid: tunnelPid, startTime };
      host.addTunnel(attachProcess("ssh", tunnel, []));
    }
    return new SshJob(host, {
      name: String(controller ?? names[0] ?? ""),
      pid: Number(remotePid),
      logFile: String(logFile),
    }, controller === undefined ? "engine" : "controller");
  }

  /** Where files go on hosts, as their shells read it. */
  get #folder(): string {
    const { remoteFolder } = this.#options;
    return remoteFolder === undefined ? REMOTE_FOLDER : shellWord(remoteFolder);
  }

  async #start(
    { host, options, names }: Share,
    launch: EngineLaunch,
  ): Promise<readonly Job[]> {
    const { executable, tunnel = false } = this.#options;
    const sent = executable === undefined
      ? undefined
      : await sendExecutable(host, executable, launch.signal);
    const info = tunnel
      ? await this.#tunnel(host, launch)
      : await launch.engineInfo();
    const script = startScript({
      folder: this.#folder,
      key: `ippd-${launch.clusterId}-${launch.setId}-${launch.firstIndex}`,
      connectionInfo: formatConnectionInfo(info),
      directory: options.directory,
      environment: options.environment ?? {},
      program: options.program ?? sent ?? this.#options.program ?? ["ippd"],
      args: [...launch.args, ...options.args ?? []],
      names,
    });
    const engines = await host.start(script, launch.signal);
    return engines.map((engine) => new SshJob(host, engine));
  }

  /** What engines behind a host's tunnel must know. */
  async #tunnel(host: SshHost, launch: EngineLaunch): Promise<ConnectionInfo> {
    if (host.tunnelInfo !== undefined) return host.tunnelInfo;
    const { job, info } = await openTunnel(
      (...flags) => host.command().toSpliced(-1, 0, ...flags),
      launch,
    );
    host.addTunnel(job);
    host.tunnelInfo = info;
    void job.ended.then(() => {
      // The next engines need another one.
      if (host.tunnelInfo === info) host.tunnelInfo = undefined;
    });
    return info;
  }

  /** Deals engines out, to the hosts' free places in their order. */
  #deal(names: readonly string[]): Share[] {
    let rest = names;
    const shares: Share[] = [];
    for (const [name, host] of this.#hosts) {
      const options = hostOptions(this.#options.hosts[name]);
      const free = Math.max(0, options.engines - host.count);
      const own = rest.slice(0, free);
      rest = rest.slice(free);
      if (own.length > 0) shares.push({ host, options, names: own });
    }
    if (rest.length === 0) return shares;
    throw new RangeError(
      `Cannot start ${names.length} engines by ssh: the hosts have place for ${
        names.length - rest.length
      }; give them more in the option hosts`,
    );
  }
}

function hostOptions(
  options: number | SshHostOptions | undefined,
): SshHostOptions {
  if (typeof options === "object") return options;
  return { engines: options ?? 0 };
}
