// deno-lint-ignore-file no-console -- this program prints its figures
/**
 * What a hub takes in of observations: a hub in a process of its own, fed as
 * fast as it acknowledges by a scheduler's reporter in this one, over a real
 * connection. One JSON line, in the form of the harness.
 *
 * `deno run -A bench/observation_figures.ts memory 10000000` takes some minutes
 * and shows whether the hub's memory stays what it is; `sqlite 300000`, how
 * many records a second it writes.
 *
 * @module
 */
import process from "node:process";
import { systemClock } from "../base/mod.ts";
import { ClientLink } from "../links/mod.ts";
import {
  PROTOCOL_VERSION,
  type TaskOutcome,
  type TaskRequest,
} from "../messages/mod.ts";
import { TaskReporter } from "../scheduler/mod.ts";
import {
  type ConnectionInfo,
  loadCurveCrypto,
  parseKey,
  parseKeyPair,
  readConnectionFile,
} from "../security/mod.ts";
import type { SocketOptions } from "../sockets/mod.ts";
import { MEMORY_RETENTION } from "../store/mod.ts";
import { processorMs, residentBytes } from "./process_usage.ts";

const TASKS_DEFAULT = 300_000;
/** Tasks that have not ended, at any time. */
const RUNNING = 200;
/** Tasks after which the feeder looks whether the hub is behind. */
const STEP = 512;
/** More than this many tasks wait: the hub is behind. */
const WAITING_MAX = 8_192;
/** How often the hub's memory is looked at, in this many parts of the whole. */
const SAMPLES = 20;
/** Code and heap that the first tasks bring into memory are no growth. */
const WARM_SHARE = 0.2;
/** With fewer tasks they are all that grows. */
const MEMORY_TASKS_MIN = 1_000_000;

const HASH = "h".repeat(32);
const CLIENT = "c-0123456789ab";
const ARGUMENTS = [new Uint8Array(40)];
const VALUE = [new Uint8Array(20)];

function requestOf(index: number): TaskRequest {
  return {
    type: "task_request",
    id: `${CLIENT}-${index.toString(36)}`,
    mode: "balanced",
    targets: [],
    work: { kind: "apply", function: HASH },
  };
}

function outcomeOf(id: string, nowMs: number): TaskOutcome {
  return {
    type: "task_outcome",
    id,
    status: "ok",
    engineId: 0,
    startedMs: nowMs - 2,
    completedMs: nowMs - 1,
    outputs: 0,
  };
}

/** A hub in a process of its own. */
class HubProcess implements AsyncDisposable {
  readonly pid: number;
  readonly folder: string;
  readonly #child: Deno.ChildProcess;

  private constructor(child: Deno.ChildProcess, folder: string) {
    this.#child = child;
    this.pid = child.pid;
    this.folder = folder;
  }

  static async start(store: string): Promise<HubProcess> {
    const folder = await Deno.makeTempDir({ prefix: "ippd-bench-" });
    const main = new URL("../main.ts", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", main, "hub", "--ip", "127.0.0.1", "--store", store],
      env: { IPPD_DIR: folder },
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = child.stdout.getReader();
    // It says where its files are once they are there.
    const { done } = await reader.read();
    reader.releaseLock();
    if (done) throw new Error("Cannot measure: the hub did not start");
    return new HubProcess(child, folder);
  }

  file(role: "client" | "scheduler"): string {
    return `${this.folder}/default/security/ippd-${role}.json`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.stdout.cancel();
    await this.#child.status;
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Feeds a hub as its scheduler would. */
class Feeder implements AsyncDisposable {
  readonly #link: ClientLink;
  readonly #reporter: TaskReporter;
  readonly #isReady = Promise.withResolvers<void>();

  private constructor(link: (feeder: Feeder) => ClientLink) {
    this.#link = link(this);
    this.#reporter = new TaskReporter({
      clock: systemClock,
      send: (message, payload) => void this.#link.send(message, payload),
      unit: () => undefined,
    });
  }

  static async open(info: ConnectionInfo): Promise<Feeder> {
    const socket = await socketOf(info, "s-bench");
    const feeder = new Feeder((self) =>
      new ClientLink({
        socket,
        onConnected: () => self.#register(info),
        onMessage: (message) => {
          if (message.type === "scheduler_registered") {
            self.#reporter.registered(message.keepsRecords === true);
            self.#isReady.resolve();
          } else if (message.type === "observations_ack") {
            self.#reporter.acknowledged(message.batch);
          } else if (message.type === "observations_wanted") {
            const { requestId } = message;
            self.#reporter.tell(() =>
              void self.#link.send({ type: "observations_told", requestId })
            );
          }
        },
      })
    );
    feeder.#link.connect(info.hub);
    await feeder.#isReady.promise;
    return feeder;
  }

  #register({ keys }: ConnectionInfo): void {
    this.#link.send({
      type: "scheduler_register",
      protocol: PROTOCOL_VERSION,
      host: "bench",
      pid: Deno.pid,
      address: { endpoints: [], publicKey: keys.publicKey },
    });
  }

  /** Tells of tasks: each comes, is placed, and ends a little later. */
  async feed(tasks: number, onStep: (done: number) => void): Promise<void> {
    const running: Parameters<TaskReporter["submitted"]>[0][] = [];
    for (let index = 0; index < tasks; index++) {
      const request = requestOf(index);
      const task = {
        id: request.id,
        client: { id: CLIENT },
        request,
        place: request.targets,
        payload: ARGUMENTS,
      };
      this.#reporter.submitted(task);
      this.#reporter.assigned(task, 0);
      running.push(task);
      if (running.length >= RUNNING) this.#end(running.splice(0, RUNNING / 2));
      if (index % STEP !== 0) continue;
      onStep(index);
      do {
        await new Promise((resolve) => setTimeout(resolve, 0));
      } while (this.#reporter.waiting > WAITING_MAX);
    }
    this.#end(running);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#reporter.tell(resolve);
    await promise;
  }

  #end(tasks: readonly Parameters<TaskReporter["submitted"]>[0][]): void {
    const nowMs = Date.now();
    for (const task of tasks) {
      this.#reporter.ended(task, outcomeOf(task.id, nowMs), VALUE);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reporter.stop();
    await this.#link.close({ lingerMs: 0 });
  }
}

/** The client whose tasks they are. */
class Owner implements AsyncDisposable {
  readonly #link: ClientLink;
  readonly #isReady = Promise.withResolvers<void>();
  readonly #counted = Promise.withResolvers<number>();

  private constructor(socket: SocketOptions) {
    this.#link = new ClientLink({
      socket,
      onMessage: (message) => {
        if (message.type === "client_connected") this.#isReady.resolve();
        if (message.type === "query_reply") {
          this.#counted.resolve(message.count);
        }
      },
    });
  }

  static async open(info: ConnectionInfo): Promise<Owner> {
    const owner = new Owner(await socketOf(info, CLIENT));
    owner.#link.connect(info.hub);
    owner.#link.send({
      type: "client_connect",
      protocol: PROTOCOL_VERSION,
      host: "bench",
      pid: Deno.pid,
    });
    await owner.#isReady.promise;
    return owner;
  }

  /** How many records the hub finds, once it has heard everything. */
  count(): Promise<number> {
    const type = "query_request";
    const all = { filter: "{}", keys: [], sort: [], limit: 0 };
    this.#link.send({ type, requestId: 0, ...all });
    return this.#counted.promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#link.close({ lingerMs: 0 });
  }
}

async function socketOf(
  info: ConnectionInfo,
  routingId: string,
): Promise<SocketOptions> {
  const crypto = await loadCurveCrypto();
  const keyPair = parseKeyPair(info.keys, crypto);
  const serverKey = parseKey(info.publicKey);
  const kind = "curve-client";
  return { security: { kind, crypto, keyPair, serverKey }, routingId };
}

async function main(): Promise<void> {
  const [store = "memory", count = String(TASKS_DEFAULT)] = Deno.args;
  const tasks = Number(count);
  await using hub = await HubProcess.start(store);
  await using feeder = await Feeder.open(
    await readConnectionFile(hub.file("scheduler")),
  );
  await using owner = await Owner.open(
    await readConnectionFile(hub.file("client")),
  );
  const memory: number[] = [];
  const cpuBefore = processorMs([hub.pid]);
  const ownBefore = process.cpuUsage();
  const startedMs = performance.now();
  await feeder.feed(tasks, (done) => {
    if (done < tasks * (WARM_SHARE + memory.length / SAMPLES)) return;
    const bytes = residentBytes(hub.pid);
    memory.push(bytes);
    if (tasks >= MEMORY_TASKS_MIN) {
      console.error(`${done} tasks, ${(bytes / 2 ** 20).toFixed(1)} MiB`);
    }
  });
  const recorded = await owner.count();
  const seconds = (performance.now() - startedMs) / 1_000;
  const own = process.cpuUsage(ownBefore);
  const cpu = processorMs([hub.pid]) - cpuBefore;
  const kept = store === "memory" ? MEMORY_RETENTION.recordsMax : Infinity;
  if (recorded !== Math.min(kept, tasks)) {
    throw new Error(
      `Cannot measure: the hub has ${recorded} of ${tasks} records`,
    );
  }
  const figures = [
    { figure: "records", value: tasks / seconds, unit: "1/s" },
    { figure: "CPU of hub, a record", value: cpu * 1_000 / tasks, unit: "µs" },
    {
      figure: "CPU of reporter, a record",
      value: (own.user + own.system) / tasks,
      unit: "µs",
    },
  ];
  if (tasks >= MEMORY_TASKS_MIN) {
    const figure = "memory of hub, most / at first";
    const value = Math.max(...memory) / (memory[0] ?? NaN);
    figures.push({ figure, value, unit: "" });
  }
  const versions = { Deno: Deno.version.deno, V8: Deno.version.v8 };
  console.log(JSON.stringify({ figures, versions }));
}

if (import.meta.main) await main();
