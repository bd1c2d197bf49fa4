/**
 * A controller and engines, each of which is started again when it is killed.
 *
 * @module
 */
import { LOCAL_SOCKET_PATH_BYTES_MAX } from "../../cluster/files/mod.ts";
import { type Client, connect } from "../../mod.ts";
import {
  type IppdProcess,
  startController,
  startIppd,
  withIppdDir,
} from "../cli/ippd_process.ts";
import { childOf, childrenOf } from "./processes.ts";

/** What can be killed; a slot is one of an engine's processes for tasks. */
export const KILLED_ROLES = [
  "controller",
  "scheduler",
  "engine",
  "slot",
] as const;

/** One of {@linkcode KILLED_ROLES}. */
export type KilledRole = typeof KILLED_ROLES[number];

/** Processes that come back. */
export class KilledSite implements AsyncDisposable {
  /** The folder of its files. */
  readonly folder: string;
  /** Where clients connect. */
  readonly clientFile: string;
  readonly #engineFile: string;
  readonly #engines: IppdProcess[] = [];
  #controller: IppdProcess;

  /** Takes a controller that runs. */
  constructor(
    folder: string,
    started: Awaited<ReturnType<typeof startController>>,
  ) {
    this.folder = folder;
    this.clientFile = started.clientFile;
    this.#engineFile = started.engineFile;
    this.#controller = started.process;
  }

  /** The controller's process. */
  get controller(): IppdProcess {
    return this.#controller;
  }

  /** Starts one more engine. */
  addEngine(): void {
    this.#engines.push(
      startIppd(this.folder, "engine", "--connect", this.#engineFile),
    );
  }

  /** The process of a role; of several engines or slots the first. */
  async pidOf(role: KilledRole): Promise<number> {
    switch (role) {
      case "controller":
        return this.#controller.pid;
      case "scheduler":
        return await childOf(this.#controller.pid, "scheduler");
      case "engine":
        return this.#engines[0]?.pid ?? 0;
      case "slot":
        for (const engine of this.#engines) {
          const [slot] = childrenOf(engine.pid, "slot");
          if (slot !== undefined) return slot;
        }
        // Says what the engine has said, where it has none.
        await this.#engines.at(-1)?.says(/^\b$/);
        return 0;
    }
  }

  /** Kills a process and has another one take its place. */
  async kill(role: KilledRole): Promise<void> {
    const pid = await this.pidOf(role);
    Deno.kill(pid, "SIGKILL");
    if (role === "engine") {
      await this.#engines.shift()?.ended();
      this.addEngine();
    }
    if (role === "controller") {
      await this.#controller.ended();
      const again = await startController(this.folder, "--reuse");
      this.#controller = again.process;
    }
  }

  /** Ends all of them. */
  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#engines, this.#controller];
    for (const process of all) await process[Symbol.asyncDispose]();
  }
}

/** Runs a story on a controller with two engines. */
export async function withKilledSite(
  story: (site: KilledSite, client: Client) => Promise<void>,
  ...controllerOptions: readonly string[]
): Promise<void> {
  await withIppdDir((folder) =>
    killedSiteIn(folder, story, ...controllerOptions)
  );
}

/** The same where nobody finds the scheduler's Unix socket: all use TCP. */
export async function withFarSite(
  story: (site: KilledSite, client: Client) => Promise<void>,
): Promise<void> {
  await withIppdDir(async (folder) => {
    const deep = `${folder}/${"d".repeat(LOCAL_SOCKET_PATH_BYTES_MAX)}`;
    await Deno.mkdir(deep);
    await killedSiteIn(deep, story);
  });
}

async function killedSiteIn(
  folder: string,
  story: (site: KilledSite, client: Client) => Promise<void>,
  ...controllerOptions: readonly string[]
): Promise<void> {
  const started = await startController(folder, ...controllerOptions);
  await using site = new KilledSite(folder, started);
  for (let count = 0; count < 2; count++) site.addEngine();
  await using client = await connect(site.clientFile);
  await client.waitForEngines(2);
  await story(site, client);
}
