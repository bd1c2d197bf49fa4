import assert from "node:assert/strict";
import { AuthenticationError, ConnectionError } from "../base/mod.ts";
import { ServerLink } from "../links/mod.ts";
import {
  decodeValue,
  encodeValue,
  type EngineReady,
  type EngineRegister,
  HUB_ACCEPTS,
  type Message,
  type Output,
  type RoleTable,
  SCHEDULER_ACCEPTS,
  type SchedulerAddress,
  type TaskOutcome,
} from "../messages/mod.ts";
import { functionHash } from "../messages/hash/mod.ts";
import {
  type ConnectionInfo,
  type CurveCrypto,
  encodeKeyPair,
  encodeZ85,
  type KeyPair,
  loadCurveCrypto,
} from "../security/mod.ts";
import { createInprocNetwork, type Network } from "../sockets/mod.ts";
import { HEARTBEATS_UNANSWERED_MAX } from "./hub_conversation.ts";
import { Engine, type EngineLimits } from "./mod.ts";
import { SLOT_COMMAND, unitOf, until } from "./slot_fixture_test.ts";

interface Heard {
  readonly from: string;
  readonly message: Message;
  readonly payload: readonly Uint8Array[];
}

/** A server that remembers what it hears. */
class Ear {
  readonly heard: Heard[] = [];
  readonly link: ServerLink;
  readonly keyPair: KeyPair;
  answer: (heard: Heard) => void = () => {};

  constructor(
    crypto: CurveCrypto,
    network: Network,
    accepts: RoleTable,
    allowed: (key: string) => boolean,
  ) {
    this.keyPair = crypto.generateKeyPair();
    this.link = new ServerLink({
      socket: {
        network,
        security: {
          kind: "curve-server",
          crypto,
          keyPair: this.keyPair,
          authorize: (key) => allowed(encodeZ85(key)) ? "engine" : undefined,
        },
      },
      accepts,
      onMessage: (peer, message, payload) => {
        const heard = { from: peer.routingId, message, payload };
        this.heard.push(heard);
        this.answer(heard);
      },
    });
  }

  get publicKey(): string {
    return encodeZ85(this.keyPair.publicKey);
  }

  all<T extends Message["type"]>(type: T): Extract<Message, { type: T }>[] {
    return this.heard.map(({ message }) => message)
      .filter((message) => message.type === type) as Extract<
        Message,
        { type: T }
      >[];
  }
}

/** A hub and a scheduler that do as the test says. */
class Cluster implements AsyncDisposable {
  readonly network: Network = createInprocNetwork();
  readonly hub: Ear;
  readonly scheduler: Ear;
  readonly engineKeys: KeyPair;
  schedulers: SchedulerAddress[];
  engineId = 7;
  heartbeatIntervalMs = 20;
  leaseMs = 5_000;
  allowed = true;
  engine: Engine | undefined;

  private constructor(crypto: CurveCrypto) {
    this.engineKeys = crypto.generateKeyPair();
    const allows = () => this.allowed;
    this.hub = new Ear(crypto, this.network, HUB_ACCEPTS, allows);
    this.scheduler = new Ear(crypto, this.network, SCHEDULER_ACCEPTS, allows);
    this.schedulers = [{
      endpoints: ["inproc://scheduler"],
      publicKey: this.scheduler.publicKey,
    }];
    this.hub.answer = ({ from, message }) => {
      if (message.type === "engine_register") this.greet(from);
      if (message.type === "heartbeat") {
        this.hub.link.send(from, { type: "heartbeat_ack", hubMs: 0 });
      }
    };
  }

  static async start(): Promise<Cluster> {
    const cluster = new Cluster(await loadCurveCrypto());
    await cluster.hub.link.bind("inproc://hub");
    await cluster.scheduler.link.bind("inproc://scheduler");
    return cluster;
  }

  greet(routingId: string): void {
    const { engineId, heartbeatIntervalMs, leaseMs, schedulers } = this;
    this.hub.link.send(routingId, {
      type: "engine_registered",
      engineId,
      heartbeatIntervalMs,
      leaseMs,
      schedulers,
    });
  }

  newEngine(
    limits: Partial<EngineLimits> = {},
    routes?: ConnectionInfo["routes"],
  ): Engine {
    const info: ConnectionInfo = {
      version: 1,
      clusterId: "",
      role: "engine",
      location: "",
      hub: ["inproc://hub"],
      publicKey: this.hub.publicKey,
      keys: encodeKeyPair(this.engineKeys),
      ...(routes === undefined ? {} : { routes }),
    };
    return this.engine = new Engine({
      info,
      slots: 1,
      labels: { gpu: "no" },
      slotCommand: SLOT_COMMAND,
      network: this.network,
      limits,
    });
  }

  get routingId(): string {
    return this.hub.heard[0]?.from ?? "";
  }

  /** Sends a task with the source of its function. */
  assign(id: string, source: string, args: unknown[], withSource = true): void {
    const unit = unitOf(source);
    const hash = functionHash(unit);
    const { link } = this.scheduler;
    if (withSource) {
      link.send(this.routingId, { type: "function_source", hash }, [
        unit,
      ]);
    }
    link.send(this.routingId, {
      type: "task_assign",
      id,
      client: "c-1",
      work: { kind: "apply", function: hash },
    }, encodeValue(args));
  }

  async outcome(id: string): Promise<TaskOutcome & { value: unknown }> {
    const find = () =>
      this.scheduler.heard.find(({ message }) =>
        message.type === "task_outcome" && message.id === id
      );
    await until(() => find() !== undefined);
    const found = find();
    assert.ok(found?.message.type === "task_outcome");
    const value = found.message.status === "ok"
      ? decodeValue(found.payload)
      : undefined;
    return { ...found.message, value };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine?.stop("the test is over");
    await this.hub.link.close({ lingerMs: 0 });
    await this.scheduler.link.close({ lingerMs: 0 });
  }
}

Deno.test("Engine joins, runs tasks, and says goodbye", async () => {
  await using cluster = await Cluster.start();
  const engine = cluster.newEngine();
  assert.equal(await engine.start(), 7);
  const [register] = cluster.hub.all("engine_register");
  assert.equal(register?.pid, Deno.pid);
  assert.deepEqual(register?.labels, { gpu: "no" });
  await until(() => cluster.scheduler.all("engine_ready").length > 0);
  const [ready]: EngineReady[] = cluster.scheduler.all("engine_ready");
  assert.deepEqual(ready, {
    type: "engine_ready",
    engineId: 7,
    slots: 1,
    holding: [],
  });

  cluster.assign("c-1-0", "(a, b) => { console.log('hi'); return a + b; }", [
    1,
    2,
  ]);
  const outcome = await cluster.outcome("c-1-0");
  assert.equal(outcome.value, 3);
  assert.equal(outcome.engineId, 7);
  assert.equal(outcome.outputs, 1);
  await until(() => cluster.hub.all("output").length > 0);
  const output: Output[] = cluster.hub.all("output");
  assert.deepEqual(output, [{
    type: "output",
    client: "c-1",
    taskId: "c-1-0",
    engineId: 7,
    stream: "stdout",
    text: "hi\n",
    dropped: 0,
  }]);

  await until(() =>
    cluster.hub.all("heartbeat").some((beat) =>
      beat.finished === 1 && beat.memoryBytes > 10 << 20
    )
  );

  await engine.stop("enough");
  assert.deepEqual(await engine.ended, { reason: "enough" });
  assert.deepEqual(cluster.hub.all("engine_leaving"), [
    { type: "engine_leaving", end: { reason: "enough" } },
  ]);
});

Deno.test("Engine ends when the hub says so", async () => {
  await using cluster = await Cluster.start();
  const engine = cluster.newEngine();
  await engine.start();
  cluster.hub.link.send(cluster.routingId, { type: "stop", reason: "over" });
  assert.deepEqual(await engine.ended, { reason: "over" });
});

Deno.test("Engine does not start when the hub refuses it", async () => {
  await using cluster = await Cluster.start();
  cluster.hub.answer = ({ from }) =>
    void cluster.hub.link.send(from, {
      type: "refused",
      what: "engine_register",
      reason: "id 3 is taken",
    });
  const engine = cluster.newEngine();
  await assert.rejects(engine.start(), (error) => {
    assert.ok(error instanceof ConnectionError);
    assert.match(error.message, /the hub refuses: id 3 is taken/);
    return true;
  });
  assert.match((await engine.ended).reason, /id 3 is taken/);
});

Deno.test("Engine does not start when its key is not allowed", async () => {
  await using cluster = await Cluster.start();
  cluster.allowed = false;
  const engine = cluster.newEngine();
  await assert.rejects(engine.start(), AuthenticationError);
  await engine.ended;
});

Deno.test("Engine does not start when its slots do not", async () => {
  await using cluster = await Cluster.start();
  const engine = cluster.newEngine({ slotStartTimeoutMs: 1, slotStartsMax: 1 });
  await assert.rejects(engine.start(), /Cannot start slot 0/);
});

Deno.test("Engine ends when it hears no hub for its lease", async () => {
  await using cluster = await Cluster.start();
  cluster.leaseMs = 150;
  const engine = cluster.newEngine();
  await engine.start();
  await cluster.hub.link.close({ lingerMs: 0 });
  assert.match((await engine.ended).reason, /^no hub for 0\.\d s$/);
});

Deno.test("Engine registers again with its number after a broken connection", async () => {
  await using cluster = await Cluster.start();
  await cluster.newEngine().start();
  cluster.hub.link.disconnect(cluster.routingId, "test");
  await until(() => cluster.hub.all("engine_register").length === 2);
  const again: EngineRegister | undefined = cluster.hub.all("engine_register")
    .at(-1);
  assert.equal(again?.requestedId, 7);
  // Told once more, since the hub may have made it another engine.
  await until(() => cluster.scheduler.all("engine_ready").length === 2);
});

Deno.test("Engine makes another connection to a hub that does not answer", async () => {
  await using cluster = await Cluster.start();
  await cluster.newEngine().start();
  const { answer } = cluster.hub;
  cluster.hub.answer = () => {};
  const before = cluster.hub.all("heartbeat").length;
  await until(() => cluster.hub.all("engine_register").length === 2);
  const unanswered = cluster.hub.all("heartbeat").length - before;
  assert.ok(unanswered >= HEARTBEATS_UNANSWERED_MAX);
  cluster.hub.answer = answer;
  cluster.greet(cluster.routingId);
  await until(() => cluster.hub.all("heartbeat").length > before + unanswered);
});

Deno.test("Engine registers again when the hub has given it up", async () => {
  await using cluster = await Cluster.start();
  await cluster.newEngine().start();
  cluster.hub.link.send(cluster.routingId, {
    type: "refused",
    what: "heartbeat",
    reason: "it is not registered",
  });
  await until(() => cluster.hub.all("engine_register").length === 2);
});

Deno.test("Engine keeps its tasks when the scheduler's connection breaks", async () => {
  await using cluster = await Cluster.start();
  await cluster.newEngine().start();
  cluster.assign("c-1-0", "() => 'before'", []);
  await cluster.outcome("c-1-0");
  const slow = "() => new Promise((resolve) => setTimeout(resolve, 150, 5))";
  cluster.assign("c-1-1", slow, []);
  cluster.assign("c-1-2", "() => 'after'", []);
  await new Promise((resolve) => setTimeout(resolve, 30));
  cluster.scheduler.link.disconnect(cluster.routingId, "test");
  await until(() => cluster.scheduler.all("engine_ready").length === 2);
  const again = cluster.scheduler.all("engine_ready").at(-1);
  assert.deepEqual(again?.holding, ["c-1-1", "c-1-2", "c-1-0"]);
  assert.equal((await cluster.outcome("c-1-1")).value, 5);
  assert.equal((await cluster.outcome("c-1-2")).value, "after");
  const outcomes = cluster.scheduler.all("task_outcome").map(({ id }) => id);
  assert.deepEqual(outcomes, ["c-1-0", "c-1-0", "c-1-1", "c-1-2"]);
});

Deno.test("Engine asks for a source it does not have", async () => {
  await using cluster = await Cluster.start();
  await cluster.newEngine().start();
  const source = "() => 'found'";
  cluster.assign("c-1-0", source, [], false);
  await until(() => cluster.scheduler.all("function_missing").length === 1);
  const unit = unitOf(source);
  const hash = functionHash(unit);
  assert.equal(cluster.scheduler.all("function_missing")[0]?.hash, hash);
  cluster.scheduler.link.send(
    cluster.routingId,
    { type: "function_source", hash },
    [unit],
  );
  assert.equal((await cluster.outcome("c-1-0")).value, "found");
});

Deno.test("Engine cancels tasks that wait and tasks that run", async () => {
  await using cluster = await Cluster.start();
  await cluster.newEngine().start();
  const slow = "() => new Promise((resolve) => setTimeout(resolve, 100, 1))";
  cluster.assign("c-1-0", slow, []);
  cluster.assign("c-1-1", slow, []);
  cluster.scheduler.link.send(cluster.routingId, {
    type: "task_cancel",
    ids: ["c-1-0", "c-1-1"],
    reason: "not needed",
  });
  const cancelled = await cluster.outcome("c-1-1");
  assert.equal(cancelled.status, "cancelled");
  assert.equal(cancelled.reason, "not needed");
  assert.equal(cancelled.engineId, 7);
  const stopped = await cluster.outcome("c-1-0");
  assert.equal(stopped.status, "cancelled");
  // It may hear of both at once.
  assert.match(stopped.reason ?? "", /^not needed \(it (was told|had not)/);
});

Deno.test("Engine stops what runs and shows it when the hub asks", async () => {
  await using cluster = await Cluster.start();
  await cluster.newEngine().start();
  cluster.assign("c-1-0", "() => new Promise(() => {})", []);
  const ask = (type: "interrupt_request" | "stack_request"): void =>
    void cluster.hub.link.send(cluster.routingId, {
      type,
      requestId: 3,
      targets: [7],
    });
  ask("stack_request");
  await until(() => cluster.hub.all("stack_reply").length > 0);
  const slots = [
    { slot: 0, taskId: "c-1-0", state: "waiting", frames: [] },
  ] as const;
  assert.deepEqual(cluster.hub.all("stack_reply"), [{
    type: "stack_reply",
    requestId: 3,
    engines: [{ engineId: 7, slots }],
    problem: undefined,
  }]);
  ask("interrupt_request");
  await until(() => cluster.hub.all("interrupt_reply").length > 0);
  assert.deepEqual(cluster.hub.all("interrupt_reply"), [{
    type: "interrupt_reply",
    requestId: 3,
    engines: [{ engineId: 7, stopped: 1 }],
    problem: undefined,
  }]);
  const { reason } = await cluster.outcome("c-1-0");
  assert.match(reason ?? "", /^interrupted by a client/);
});

Deno.test("Engine turns to another scheduler when the hub names one", async () => {
  await using cluster = await Cluster.start();
  await cluster.newEngine().start();
  const other = new Ear(
    await loadCurveCrypto(),
    cluster.network,
    SCHEDULER_ACCEPTS,
    () => true,
  );
  await other.link.bind("inproc://other");
  cluster.hub.link.send(cluster.routingId, {
    type: "schedulers_changed",
    schedulers: [{
      endpoints: ["inproc://other"],
      publicKey: other.publicKey,
    }],
  });
  await until(() => other.all("engine_ready").length === 1);
  await other.link.close({ lingerMs: 0 });
});

Deno.test("Engine turns to the next scheduler when the first is out of reach", async () => {
  await using cluster = await Cluster.start();
  const { publicKey } = cluster.hub;
  cluster.schedulers.unshift({ endpoints: ["inproc://away"], publicKey });
  const engine = cluster.newEngine({ schedulerPatienceMs: 30 });
  assert.equal(await engine.start(), 7);
  await until(() => cluster.scheduler.all("engine_ready").length === 1);
  cluster.assign("c-1-1", "(x) => x", [5]);
  assert.equal((await cluster.outcome("c-1-1")).value, 5);
  // When it hears of schedulers again, it gives the first another try.
  const { schedulers } = cluster;
  const type = "schedulers_changed";
  cluster.hub.link.send(cluster.routingId, { type, schedulers });
  await until(() => cluster.scheduler.all("engine_ready").length === 2);
});

Deno.test("Engine behind a tunnel turns to the scheduler that it leads to", async () => {
  await using cluster = await Cluster.start();
  const { publicKey } = cluster.hub;
  const far = { ...cluster.schedulers[0], endpoints: ["inproc://far"] };
  cluster.schedulers = [
    { endpoints: ["inproc://away"], publicKey },
    { publicKey: cluster.scheduler.publicKey, ...far },
  ];
  const engine = cluster.newEngine(
    {},
    { "inproc://far": "inproc://scheduler" },
  );
  assert.equal(await engine.start(), 7);
  await until(() => cluster.scheduler.all("engine_ready").length === 1);
});

Deno.test("Engine asks again a scheduler that does not know its key yet", async () => {
  await using cluster = await Cluster.start();
  const engine = cluster.newEngine({ schedulerRetryMs: 20 });
  cluster.hub.answer = ({ from, message }) => {
    if (message.type !== "engine_register") return;
    cluster.allowed = false;
    cluster.greet(from);
    setTimeout(() => cluster.allowed = true, 100);
  };
  assert.equal(await engine.start(), 7);
});

Deno.test("Engine that is stopped before it has started ends all the same", async () => {
  await using cluster = await Cluster.start();
  cluster.hub.answer = () => {};
  const engine = cluster.newEngine();
  const started = assert.rejects(engine.start(), /changed my mind/);
  await engine.stop("changed my mind");
  await started;
});
