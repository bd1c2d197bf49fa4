/**
 * A Grid Engine of one host on this machine, for tests: no service manager,
 * nothing outside of its own folder.
 *
 * @module
 */
import { eventually } from "../cli/ippd_process.ts";
import { freePort } from "../free_ports.ts";

/** A Grid Engine that runs until it is disposed of. */
export class GridEngineHost implements AsyncDisposable {
  /** What its programs need in their environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.environment = {
      "SGE_ROOT": `${folder}/root`,
      "SGE_CELL": "ippd",
      "SGE_QMASTER_PORT": String(freePort()),
      "SGE_EXECD_PORT": String(freePort()),
    };
  }

  /** Starts one; its queue takes jobs. */
  static async start(): Promise<GridEngineHost> {
    const folder = await Deno.makeTempDir({ prefix: "ippd-sge-" });
    const host = new GridEngineHost(folder);
    try {
      await host.#start();
      return host;
    } catch (error) {
      await host[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Stops it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const pids = await this.#pids();
    await this.#shell(
      "qdel -f -u '*'; qconf -ke all; sleep 0.5; qconf -km; true",
    );
    for (const pid of pids) {
      // It would take its time, and has nothing to keep.
      await eventually(() => Promise.resolve(!kill(pid, "SIGTERM")), 3_000);
      kill(pid, "SIGKILL");
    }
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #start(): Promise<void> {
    const folder = this.#folder;
    const common = `${folder}/root/ippd/common`;
    const name = Deno.hostname();
    for (const part of ["qmaster", "execd", "spooldb", "conf"]) {
      await Deno.mkdir(`${folder}/${part}`);
    }
    await Deno.mkdir(common, { recursive: true });
    for (const part of ["bin", "lib", "util", "utilbin"]) {
      const there = `/var/lib/gridengine/${part}`;
      await Deno.symlink(there, `${folder}/root/${part}`);
    }
    await Deno.writeTextFile(`${common}/bootstrap`, bootstrap(folder));
    await Deno.writeTextFile(`${common}/act_qmaster`, `${name}\n`);
    // The machine may be known as localhost first.
    await Deno.writeTextFile(`${common}/host_aliases`, `${name} localhost\n`);
    for (const [file, text] of Object.entries(configurations(name))) {
      await Deno.writeTextFile(`${folder}/conf/${file}`, text);
    }
    await this.#expect(
      `/usr/share/gridengine/scripts/init_cluster $SGE_ROOT $SGE_CELL \
        ${folder}/spooldb root >/dev/null && sge_qmaster`,
    );
    const isUp = async (): Promise<boolean> =>
      (await this.#shell("qconf -sh")).code === 0;
    if (!await eventually(isUp)) throw new Error("no sge_qmaster");
    await this.#expect(setUp(folder, name));
    const hasQueue = async (): Promise<boolean> =>
      /main\.q@.*lx-amd64 *$/m.test((await this.#shell("qstat -f")).stdout);
    if (!await eventually(hasQueue, 20_000)) throw new Error("no queue");
  }

  async #pids(): Promise<number[]> {
    const pids: number[] = [];
    for (const path of ["qmaster/qmaster.pid", "execd"]) {
      try {
        pids.push(Number(await Deno.readTextFile(`${this.#folder}/${path}`)));
      } catch {
        // The second one's is below the name of the host.
      }
    }
    const execd = `${this.#folder}/execd/${Deno.hostname()}/execd.pid`;
    try {
      pids.push(Number(await Deno.readTextFile(execd)));
    } catch {
      // It has not come so far.
    }
    return pids;
  }

  async #expect(script: string): Promise<void> {
    const { code, stderr } = await this.#shell(script);
    if (code !== 0) throw new Error(`Cannot start Grid Engine: ${stderr}`);
  }

  async #shell(
    script: string,
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const out = `${this.#folder}/shell.out`;
    // Daemons keep what they inherit: a pipe would never end.
    const { code } = await new Deno.Command("/bin/sh", {
      args: ["-c", `{ ${script}\n} >${out} 2>${out}.err`],
      env: this.environment,
      stdin: "null",
    }).output();
    return {
      code,
      stdout: await Deno.readTextFile(out),
      stderr: await Deno.readTextFile(`${out}.err`),
    };
  }
}

function kill(pid: number, signal: Deno.Signal): boolean {
  try {
    Deno.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

function bootstrap(folder: string): string {
  return [
    "admin_user none",
    "default_domain none",
    "ignore_fqdn false",
    "spooling_method berkeleydb",
    "spooling_lib libspoolb",
    `spooling_params ${folder}/spooldb`,
    "binary_path /usr/sbin",
    `qmaster_spool_dir ${folder}/qmaster`,
    "security_mode none",
    "listener_threads 2",
    "worker_threads 2",
    "scheduler_threads 1",
    "",
  ].join("\n");
}

function configurations(name: string): Record<string, string> {
  const none = (words: string): string[] =>
    words.split(" ").map((word) => `${word} NONE`);
  const limits = "rt cpu fsize data stack core rss vmem".split(" ")
    .flatMap((what) => [`s_${what} INFINITY`, `h_${what} INFINITY`]);
  const file = (lines: readonly string[]): string => lines.join("\n") + "\n";
  return {
    host: file([
      `hostname ${name}`,
      ...none(
        "load_scaling complex_values user_lists xuser_lists projects xprojects usage_scaling report_variables",
      ),
    ]),
    group: file(["group_name @allhosts", `hostlist ${name}`]),
    queue: file([
      "qname main.q",
      "hostlist @allhosts",
      "seq_no 0",
      "load_thresholds NONE",
      "suspend_thresholds NONE",
      "nsuspend 1",
      "suspend_interval 00:05:00",
      "priority 0",
      "min_cpu_interval 00:05:00",
      "processors UNDEFINED",
      "qtype BATCH INTERACTIVE",
      "ckpt_list NONE",
      "pe_list NONE",
      "rerun FALSE",
      "slots 8",
      "tmpdir /tmp",
      "shell /bin/sh",
      "shell_start_mode unix_behavior",
      "notify 00:00:01",
      "initial_state default",
      ...none(
        "prolog epilog starter_method suspend_method resume_method terminate_method owner_list user_lists xuser_lists subordinate_list complex_values projects xprojects calendar",
      ),
      ...limits,
    ]),
  };
}

/** Commands that make the host, its queue and quick scheduling known. */
function setUp(folder: string, name: string): string {
  const conf = `${folder}/conf`;
  return `cd ${conf} && qconf -as ${name} && { qconf -ah ${name}; true; } && \
    qconf -Ae host && qconf -Ahgrp group && \
    SGE_SINGLE_LINE=1 qconf -sconf global | sed "s/^min_uid.*/min_uid 0/; \
      s/^min_gid.*/min_gid 0/; s/^gid_range.*/gid_range 20000-20200/; \
      s/^load_report_time.*/load_report_time 00:00:01/; \
      s#^execd_spool_dir.*#execd_spool_dir ${folder}/execd#" >global && \
    qconf -Mconf global && \
    qconf -ssconf | sed "s/^schedule_interval.*/schedule_interval 0:0:1/; \
      s/^flush_submit_sec.*/flush_submit_sec 1/; \
      s/^flush_finish_sec.*/flush_finish_sec 1/" >sched && \
    qconf -Msconf sched && qconf -Aq queue && sge_execd`;
}
