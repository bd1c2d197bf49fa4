import assert from "node:assert/strict";
import {
  CancelledError,
  CompositeError,
  ConnectionError,
  EngineLostError,
  LimitError,
  RemoteError,
  TimeoutError,
  VirtualClock,
} from "../base/mod.ts";
import {
  decodeUnit,
  encodeThrown,
  encodeValue,
  type Output,
  thrownData,
} from "../messages/mod.ts";
import { AsyncResult } from "./async_result.ts";
import { DEPARTED_MAX, EngineDirectory } from "./engine_directory.ts";
import { FunctionShipper } from "./function_shipping.ts";
import { chunkSizeFor, cutColumns, readColumns } from "./map_columns.ts";
import { connectionFilePath, stateFolder } from "./profile/mod.ts";
import { OUTPUT_KEPT_MAX } from "./output_log.ts";
import { outcomeOf } from "./run_fixture_test.ts";
import { TaskRun } from "./task_run.ts";
import { TaskTable } from "./task_table.ts";
import { listsJoined, oneValue, valueEach } from "./result_shape.ts";

function output(taskId: string, text: string, dropped = 0): Output {
  return {
    type: "output",
    client: "c",
    taskId,
    engineId: 3,
    stream: "stdout",
    text,
    dropped,
  };
}

function resultOf<T>(
  runs: TaskRun[],
  shape: ConstructorParameters<typeof AsyncResult<T>>[0]["shape"],
  cancelled: string[] = [],
): AsyncResult<T> {
  return new AsyncResult<T>({
    runs,
    shape,
    host: {
      id: "c",
      clusterId: "",
      clock: new VirtualClock(),
      cancel: (ids, reason) => void cancelled.push(...ids, reason),
      whenSent: () => Promise.resolve(),
    },
  });
}

Deno.test("TaskTable holds an outcome until the output before it is here", () => {
  const table = new TaskTable();
  const run = new TaskRun("t", 100);
  table.add(run);
  const payload = encodeValue(7);
  assert.equal(
    table.outcome(outcomeOf("t", { outputs: 2 }), payload, 130),
    "held",
  );
  table.output(output("t", "a"), 131);
  assert.equal(run.done, false);
  table.output(output("t", "b"), 132);
  assert.equal(run.done, true);
  assert.equal(run.value, 7);
  assert.equal(run.metadata.stdout, "ab");
  assert.equal(run.metadata.receivedMs, 132);
  assert.equal(table.size, 0);
});

Deno.test("TaskTable lets an outcome go when its output does not come", () => {
  const table = new TaskTable();
  const run = new TaskRun("t", 100);
  table.add(run);
  table.outcome(outcomeOf("t", { outputs: 1 }), encodeValue(7), 130);
  table.releaseHeld(129, 140);
  assert.equal(table.heldCount, 1);
  assert.equal(run.done, false);
  table.releaseHeld(130, 140);
  assert.equal(table.heldCount, 0);
  assert.equal(run.value, 7);
});

Deno.test("TaskTable passes over what it does not know", () => {
  const table = new TaskTable();
  assert.equal(table.outcome(outcomeOf("x"), [], 1), "unknown");
  table.output(output("x", "a"), 1);
  table.fail("x", new LimitError("x"), 1);
  const run = new TaskRun("t", 100);
  table.add(run);
  table.failAll((id) => new ConnectionError(id), 140);
  assert.equal(run.error?.message, "t");
  assert.equal(table.outcome(outcomeOf("t"), encodeValue(1), 150), "unknown");
});

Deno.test("TaskRun turns every way to end into its error", () => {
  const cases = [
    [
      {
        status: "engine_lost",
        reason: "gone",
        end: { reason: "gone", signal: "SIGKILL" },
      },
      EngineLostError,
      /engine 3 is lost \(gone\)/,
    ],
    [
      { status: "cancelled", reason: "enough" },
      CancelledError,
      /was cancelled: enough/,
    ],
    [
      { status: "timed_out", reason: "it ran for more than 5 ms" },
      TimeoutError,
      /was stopped: it ran for more than 5 ms/,
    ],
    [
      { status: "refused", reason: "9 tasks, at most 8" },
      LimitError,
      /at most 8/,
    ],
    [
      { status: "refused", reason: "it names no engine" },
      ConnectionError,
      /names no engine/,
    ],
  ] as const;
  for (const [change, type, message] of cases) {
    const run = new TaskRun("t", 100);
    run.settle(outcomeOf("t", change), [], 130);
    assert.ok(run.error instanceof type);
    assert.match(run.error.message, message);
    if (run.error instanceof EngineLostError) {
      assert.equal(run.error.details.signal, "SIGKILL");
    }
  }
});

Deno.test("TaskRun gives remote errors with their fields and causes", () => {
  const run = new TaskRun("t", 100);
  const thrown = Object.assign(
    new RangeError("too far", { cause: new Error("inner") }),
    { limit: 5 },
  );
  thrown.stack = "RangeError: too far\n    at f (ippd:f:1:2)";
  run.settle(
    outcomeOf("t", { status: "error" }),
    encodeThrown(thrownData(thrown)),
    130,
  );
  const { error } = run;
  assert.ok(error instanceof RemoteError);
  assert.equal(error.remoteName, "RangeError");
  assert.deepEqual(error.properties, { limit: 5 });
  assert.equal(error.engineId, 3);
  assert.ok(error.cause instanceof RemoteError);
  assert.equal(
    error.stack,
    "RemoteError: [engine 3] RangeError: too far\n    at f (ippd:f:1:2)",
  );
});

Deno.test("TaskRun keeps a bounded amount of output and counts the rest", () => {
  const run = new TaskRun("t", 100);
  run.addOutput(output("t", "x".repeat(OUTPUT_KEPT_MAX - 1), 5), 0);
  run.addOutput(output("t", "yyy"), 1);
  assert.equal(run.metadata.stdout.length, OUTPUT_KEPT_MAX);
  assert.equal(run.metadata.outputDropped, 7);
});

Deno.test("TaskRun fails when its value cannot be read", () => {
  const run = new TaskRun("t", 100);
  run.settle(outcomeOf("t"), [Uint8Array.of(1, 2)], 130);
  assert.equal(run.error?.name, "ProtocolError");
});

Deno.test("AsyncResult gives one value, or a list in the order of its tasks", async () => {
  const runs = ["a", "b"].map((id) => new TaskRun(id, 100));
  const [a, b] = runs;
  assert.ok(a && b);
  const result = resultOf<number[]>(runs, valueEach<number>());
  assert.deepEqual(result.taskIds, ["a", "b"]);
  assert.equal(result.done, false);
  const arrived: number[] = [];
  const iteration = (async () => {
    for await (const item of result) arrived.push(item);
  })();
  b.settle(outcomeOf("b"), encodeValue(2), 130);
  assert.equal(result.progress, 1);
  a.settle(outcomeOf("a"), encodeValue(1), 140);
  assert.deepEqual(await result, [1, 2]);
  assert.deepEqual(await result, [1, 2]);
  await iteration;
  assert.deepEqual(arrived, [2, 1]);
  assert.equal(result.successful, true);
  assert.equal(result.serialMs, 20);
  assert.equal(result.wallMs, 40);
  assert.equal(result.elapsedMs, 40);
  assert.equal(result.speedup, 0.5);
});

Deno.test("AsyncResult yields the items of mapped chunks one by one", async () => {
  const runs = ["a", "b"].map((id) => new TaskRun(id, 100));
  const result = resultOf<number[]>(runs, listsJoined<number>());
  runs[1]?.settle(outcomeOf("b"), encodeValue([3, 4]), 130);
  runs[0]?.settle(outcomeOf("a"), encodeValue([1, 2]), 130);
  assert.deepEqual(await result, [1, 2, 3, 4]);
  const items: number[] = [];
  for await (const item of result) items.push(item);
  assert.deepEqual(items, [3, 4, 1, 2]);
  assert.deepEqual(await resultOf<number[]>([], listsJoined<number>()), []);
});

Deno.test("AsyncResult throws the error of one task, or all of them together", async () => {
  const fail = (id: string): TaskRun => {
    const run = new TaskRun(id, 100);
    run.fail(new LimitError(id), 120);
    return run;
  };
  const one = resultOf<number>([fail("a")], oneValue<number>());
  await assert.rejects(async () => await one, { message: "a" });
  const good = new TaskRun("g", 100);
  const many = resultOf<number[]>(
    [fail("a"), good, fail("b")],
    valueEach<number>(),
  );
  good.settle(outcomeOf("g"), encodeValue(1), 130);
  await assert.rejects(async () => await many, (error) => {
    assert.ok(error instanceof CompositeError);
    assert.equal(error.errors.length, 2);
    return true;
  });
  assert.deepEqual(
    (await many.settled()).map((one) => one.status),
    ["rejected", "fulfilled", "rejected"],
  );
  assert.equal(many.successful, false);
});

Deno.test("AsyncResult cancels only what has not ended", () => {
  const runs = ["a", "b"].map((id) => new TaskRun(id, 100));
  const cancelled: string[] = [];
  const result = resultOf(runs, valueEach<number>(), cancelled);
  runs[0]?.settle(outcomeOf("a"), encodeValue(1), 130);
  result.cancel("enough");
  assert.deepEqual(cancelled, ["b", "enough"]);
  runs[1]?.settle(outcomeOf("b"), encodeValue(1), 130);
  result.cancel();
  assert.equal(cancelled.length, 2);
});

Deno.test("AsyncResult streams output to sinks until they are disposed of", () => {
  const run = new TaskRun("a", 100);
  const result = resultOf([run], oneValue<number>());
  const texts: string[] = [];
  {
    using _ = result.streamOutput((event) => texts.push(event.text));
    run.addOutput(output("a", "x"), 0);
  }
  run.addOutput(output("a", "y"), 1);
  assert.deepEqual(texts, ["x"]);
  assert.equal(result.stdout, "xy");
});

Deno.test("EngineDirectory finds engines by position and checks targets", () => {
  const directory = new EngineDirectory();
  for (const engineId of [5, 1, 3]) {
    directory.add({
      engineId,
      routingId: `e${engineId}`,
      host: "h",
      pid: 1,
      slots: 2,
      labels: {},
      resources: {},
      registeredMs: 0,
    });
  }
  assert.deepEqual(directory.ids, [1, 3, 5]);
  assert.equal(directory.at(-1), 5);
  assert.equal(directory.slots, 6);
  assert.throws(() => directory.at(3), RangeError);
  assert.throws(() => directory.at(0.5), RangeError);
  assert.throws(() => directory.check([]), /empty list/);
  assert.throws(
    () => directory.check([1, 2]),
    /Cannot find engine 2: the cluster has engines 1, 3, 5/,
  );
  directory.remove(3);
  assert.deepEqual(directory.ids, [1, 5]);
});

Deno.test("EngineDirectory remembers the hosts of some engines that left", () => {
  const directory = new EngineDirectory();
  for (let engineId = 0; engineId <= DEPARTED_MAX; engineId++) {
    directory.add({
      ...{ engineId, routingId: `e${engineId}`, host: `h${engineId}` },
      ...{ pid: 1, slots: 1, labels: {}, resources: {}, registeredMs: 0 },
    });
    directory.remove(engineId);
  }
  assert.equal(directory.hostOf(0), undefined);
  assert.equal(directory.hostOf(1), "h1");
  assert.equal(directory.hostOf(DEPARTED_MAX), `h${DEPARTED_MAX}`);
});

Deno.test("FunctionShipper ships source once and refuses what has none", () => {
  const shipper = new FunctionShipper("c");
  const fn = (a: number): number => a + 1;
  assert.equal(shipper.ship(fn), shipper.ship(fn));
  assert.deepEqual(decodeUnit(shipper.ship(fn).unit), {
    source: "(a)=>a + 1",
    form: "expression",
    name: "fn",
    free: [],
    module: undefined,
  });
  assert.throws(() => shipper.ship(Math.max), /max/);
  assert.throws(() => shipper.ship(fn.bind(null)), /fn/);
  for (const wrong of [undefined, null, 5, "x", {}]) {
    assert.throws(() => shipper.ship(wrong as never), {
      name: "TypeError",
      message: /must be a function/,
    });
  }
});

Deno.test("FunctionShipper looks once at closures that are made anew", () => {
  const shipper = new FunctionShipper("c");
  const make = () => () => 1;
  assert.equal(shipper.ship(make()), shipper.ship(make()));
  // The name is a part of what ships.
  const { first, second } = { first: () => 2, second: () => 2 };
  assert.notEqual(shipper.ship(first).hash, shipper.ship(second).hash);
});

Deno.test("FunctionShipper forgets the sources used longest ago", () => {
  const shipper = new FunctionShipper("c", 200);
  const make = () => () => "short";
  const long = () =>
    "a source that alone is over the limit, ".repeat(100) +
    "and pushes out all that is remembered when it is shipped, whatever it is";
  const first = shipper.ship(make());
  assert.equal(shipper.ship(make()), first);
  shipper.ship(long);
  const again = shipper.ship(make());
  assert.notEqual(again, first);
  assert.equal(again.hash, first.hash);
});

Deno.test("readColumns truncates to the shortest list", () => {
  const { columns, length } = readColumns([[1, 2, 3], new Set(["a", "b"])]);
  assert.equal(length, 2);
  assert.deepEqual(cutColumns(columns, 0, 2), [[1, 2], ["a", "b"]]);
  assert.throws(() => readColumns([]), TypeError);
  assert.throws(() => readColumns([5 as never]), /list 1: not iterable/);
});

Deno.test("cutColumns gives typed arrays as views of the same memory", () => {
  const array = new Float64Array([1, 2, 3]);
  const [part] = cutColumns(readColumns([array]).columns, 1, 3);
  assert.ok(part instanceof Float64Array);
  assert.equal(part.buffer, array.buffer);
  assert.deepEqual([...part], [2, 3]);
});

Deno.test("chunkSizeFor cuts a list into a few tasks for each slot", () => {
  assert.equal(chunkSizeFor(1000, 2, undefined), 125);
  assert.equal(chunkSizeFor(3, 2, undefined), 1);
  assert.equal(chunkSizeFor(0, 0, undefined), 1);
  assert.equal(chunkSizeFor(10, 2, 7), 7);
  for (const wrong of [0, -1, 1.5, NaN]) {
    assert.throws(() => chunkSizeFor(10, 2, wrong), RangeError);
  }
});

Deno.test("connectionFilePath follows the environment and refuses odd names", () => {
  const environment = (own: Record<string, string>) => (name: string) =>
    own[name];
  const dir = environment({ IPPD_DIR: "/x" });
  assert.equal(
    connectionFilePath({ role: "client" }, dir),
    "/x/default/security/ippd-client.json",
  );
  assert.equal(
    connectionFilePath({ profile: "p", clusterId: "c", role: "engine" }, dir),
    "/x/p/security/ippd-c-engine.json",
  );
  assert.equal(stateFolder(environment({ XDG_STATE_HOME: "/s" })), "/s/ippd");
  assert.equal(
    stateFolder(environment({ HOME: "/h" })),
    "/h/.local/state/ippd",
  );
  for (const wrong of ["", "..", "a/b", "a b", "x".repeat(65)]) {
    assert.throws(
      () => connectionFilePath({ profile: wrong, role: "client" }, dir),
      RangeError,
    );
  }
});
