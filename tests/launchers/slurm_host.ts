/**
 * A Slurm of several nodes on this machine, for tests: no service manager, no
 * accounting, nothing outside of its own folder.
 *
 * @module
 */
import { eventually } from "../cli/ippd_process.ts";
import { freePort } from "../free_ports.ts";

/** The nodes that it pretends to have, and their cores. */
const NODES = 2;
const CORES = 4;

/** A Slurm that runs until it is disposed of. */
export class SlurmHost implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts one; its nodes are idle. */
  static async start(): Promise<SlurmHost> {
    const folder = await Deno.makeTempDir({ prefix: "ippd-slurm-" });
    const host = new SlurmHost(folder);
    try {
      await host.#start();
      return host;
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Path of its configuration, for `SLURM_CONF`. */
  get configuration(): string {
    return `${this.#folder}/slurm.conf`;
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const folder = this.#folder;
    await this.#shell(`scancel --user="$(id -un)"; sleep 0.2; \
      for file in ${folder}/slurmd-*.pid ${folder}/slurmctld.pid; do \
        test -f "$file" && kill "$(cat "$file")"; done; \
      munged --stop --socket=${folder}/munge.sock; true`);
    const areGone = async (): Promise<boolean> => {
      for await (const { name } of Deno.readDir(folder)) {
        if (/^slurm.*\.pid$/.test(name)) return false;
      }
      return true;
    };
    await eventually(areGone, 10_000);
    await Deno.remove(folder, { recursive: true });
  }

  async #start(): Promise<void> {
    const folder = this.#folder;
    const ports = Array.from({ length: NODES + 1 }, freePort);
    await Deno.writeTextFile(this.configuration, configuration(folder, ports));
    await this.#expect(
      `cd ${folder} && mkdir -m 700 munge && mkdir state log spool && \
      dd if=/dev/urandom of=munge/key bs=128 count=1 status=none && \
      chmod 400 munge/key && \
      munged --force --key-file=${folder}/munge/key \
        --socket=${folder}/munge.sock --pid-file=${folder}/munged.pid \
        --log-file=${folder}/log/munged.log \
        --seed-file=${folder}/munge/seed --num-threads=2 && \
      slurmctld -c -f ${this.configuration} && \
      for node in ${nodeNames().join(" ")}; do \
        mkdir spool/$node && slurmd -N $node -f ${this.configuration}; done`,
    );
    const isIdle = async (): Promise<boolean> => {
      const { stdout } = await this.#shell("sinfo -h -t idle -o %D");
      return stdout.trim() === String(NODES);
    };
    if (!await eventually(isIdle)) throw new Error("the nodes are not idle");
  }

  async #expect(script: string): Promise<void> {
    const { code, stderr } = await this.#shell(script);
    if (code !== 0) throw new Error(`Cannot start Slurm: ${stderr}`);
  }

  async #shell(
    script: string,
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const log = `${this.#folder}/shell.err`;
    // Daemons keep what they inherit: a pipe would never end.
    const { code, stdout } = await new Deno.Command("/bin/sh", {
      args: ["-c", `{ ${script}\n} 2>${log}`],
      env: { SLURM_CONF: this.configuration },
      stdin: "null",
    }).output();
    const stderr = await Deno.readTextFile(log);
    return { code, stdout: new TextDecoder().decode(stdout), stderr };
  }
}

function nodeNames(): string[] {
  return Array.from({ length: NODES }, (_, index) => `n${index + 1}`);
}

function configuration(folder: string, ports: readonly number[]): string {
  const host = Deno.hostname();
  return [
    "ClusterName=ippd",
    `SlurmctldHost=${host}(127.0.0.1)`,
    `SlurmctldPort=${ports[0]}`,
    "SlurmUser=root",
    "SlurmdUser=root",
    "AuthType=auth/munge",
    `AuthInfo=socket=${folder}/munge.sock`,
    "CredType=cred/munge",
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/spool/%n`,
    `SlurmctldPidFile=${folder}/slurmctld.pid`,
    `SlurmdPidFile=${folder}/slurmd-%n.pid`,
    `SlurmctldLogFile=${folder}/log/slurmctld.log`,
    `SlurmdLogFile=${folder}/log/slurmd-%n.log`,
    // No control groups, no accounting, no affinity.
    "ProctrackType=proctrack/linuxproc",
    "TaskPlugin=task/none",
    "JobAcctGatherType=jobacct_gather/none",
    "AccountingStorageType=accounting_storage/none",
    "JobCompType=jobcomp/none",
    "MpiDefault=none",
    "SwitchType=switch/none",
    "SelectType=select/cons_tres",
    "SelectTypeParameters=CR_Core",
    "SlurmdParameters=config_overrides",
    "EnforcePartLimits=ALL",
    "SchedulerType=sched/backfill",
    "SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=0,batch_sched_delay=0",
    "KillWait=5",
    "ReturnToService=2",
    "SlurmdTimeout=10",
    ...nodeNames().map((node, index) =>
      `NodeName=${node} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${
        ports[index + 1]
      } CPUs=${CORES} RealMemory=2000 State=UNKNOWN`
    ),
    "PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP",
    "",
  ].join("\n");
}
