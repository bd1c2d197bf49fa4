// deno-lint-ignore-file no-console -- user code prints
import assert from "node:assert/strict";
import { isAlive, SlotRig, until } from "./slot_fixture_test.ts";

/** What shipped functions find in a slot's realm. */
declare const kept: Record<string, unknown>;

Deno.test("a slot gives the results of functions", async (t) => {
  await using rig = await SlotRig.start(1);

  await t.step("plain and structured values", async () => {
    assert.equal(await rig.value((a: number, b: number) => a + b, 1, 2), 3);
    const value = {
      map: new Map([[1, new Date(5)]]),
      nan: NaN,
      none: undefined,
    };
    assert.deepEqual(await rig.value((x: unknown) => x, value), value);
    assert.equal(await rig.value(() => {}), undefined);
    assert.equal(
      await rig.value(async (ms: number) => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        return "late";
      }, 2),
      "late",
    );
  });

  await t.step("large arrays", async () => {
    const sent = Float64Array.from({ length: 100_000 }, (_, i) => i / 3);
    const back = await rig.value(
      (x: Float64Array) => x.map((y) => y + 1),
      sent,
    );
    assert.ok(back instanceof Float64Array);
    assert.deepEqual(back, sent.map((x) => x + 1));
  });

  await t.step("results that the next task changes", async () => {
    const first = rig.apply(() => {
      const array = new Float64Array(1 << 20).fill(1);
      Object.assign(globalThis, { kept: { array } });
      return array;
    });
    const second = rig.apply(() => {
      if (kept["array"] instanceof Float64Array) kept["array"].fill(2);
    });
    const { value } = await first;
    assert.ok(value instanceof Float64Array);
    assert.ok(value.every((x) => x === 1));
    await second;
  });

  await t.step("maps", async () => {
    const { value } = await rig.map(
      (x: number, y: string) => `${x}${y}`,
      new Int8Array([1, 2]),
      ["a", "b"],
    );
    assert.deepEqual(value, ["1a", "2b"]);
  });

  await t.step("times between which the function ran", async () => {
    const before = Date.now();
    const { outcome } = await rig.apply(() =>
      new Promise((resolve) => setTimeout(resolve, 20))
    );
    const tookMs = outcome.completedMs - outcome.startedMs;
    assert.ok(tookMs >= 19 && tookMs < 1000, `${tookMs}`);
    assert.ok(outcome.startedMs > before - 5);
  });
});

Deno.test("a slot reports what functions throw", async (t) => {
  await using rig = await SlotRig.start(1);

  await t.step("errors with their properties and user frames", async () => {
    const { thrown, outcome } = await rig.apply(function fail(x: number) {
      throw Object.assign(new RangeError(`bad ${x}`), { code: "E_BAD" });
    }, 5);
    assert.equal(outcome.status, "error");
    assert.equal(thrown?.name, "RangeError");
    assert.equal(thrown?.message, "bad 5");
    assert.deepEqual(thrown?.properties, { code: "E_BAD" });
    assert.match(
      thrown?.stack ?? "",
      /^RangeError: bad 5\n {4}at fail \(ippd:[\w-]+:\d+:\d+\)$/,
    );
  });

  await t.step("things that are no errors", async () => {
    const { thrown } = await rig.apply(() => Promise.reject("text"));
    assert.equal(thrown?.name, "string");
    assert.equal(thrown?.message, "text");
  });

  await t.step("errors that throw when they are read", async () => {
    const { thrown } = await rig.apply(() => {
      throw Object.defineProperty(new Error("x"), "message", {
        get: () => {
          throw new Error("y");
        },
      });
    });
    assert.match(thrown?.message ?? "", /Cannot describe/);
  });

  await t.step("results that cannot cross", async () => {
    const inside = await rig.apply(() => ({ list: [1, () => 2] }));
    assert.equal(inside.thrown?.name, "TypeError");
    assert.match(inside.thrown?.message ?? "", /value\.list\[1\]/);
    const item = await rig.apply("function* () { yield 1; yield () => 2; }");
    assert.match(item.thrown?.message ?? "", /items\[1\]: functions cannot/);
  });

  await t.step("sources that cannot be compiled", async () => {
    const { thrown } = await rig.apply("(x => ");
    assert.equal(thrown?.name, "SyntaxError");
    const again = await rig.apply("(x => ");
    assert.equal(again.thrown?.name, "SyntaxError");
  });
});

Deno.test("a slot runs one task at a time, in order", async () => {
  await using rig = await SlotRig.start(1);
  const run = async (name: string) => {
    const scope: { story?: string[] } = globalThis as { story?: string[] };
    const story = scope.story ??= [];
    story.push(`start ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
    story.push(`end ${name}`);
    return [...story];
  };
  // Short ones first, so that the others are sent ahead.
  for (let n = 0; n < 20; n++) await rig.value(() => {});
  const results = await Promise.all(
    ["a", "b", "c"].map((x) => rig.value(run, x)),
  );
  assert.deepEqual(
    results.at(-1),
    ["start a", "end a", "start b", "end b", "start c", "end c"],
  );
});

Deno.test("an outcome leaves its slot before the next task keeps it busy", async () => {
  await using rig = await SlotRig.start(1);
  for (let n = 0; n < 20; n++) await rig.value(() => {});
  const startMs = performance.now();
  const fast = rig.value(() => "fast");
  const slow = rig.value(() => {
    const end = performance.now() + 600;
    while (performance.now() < end);
    return "slow";
  });
  await fast;
  assert.ok(performance.now() - startMs < 400, "it waited for the slow one");
  assert.equal(await slow, "slow");
});

Deno.test("output belongs to its task and is complete with the outcome", async (t) => {
  await using rig = await SlotRig.start(1);
  // Sent ahead from here on.
  for (let n = 0; n < 20; n++) await rig.value(() => {});

  await t.step("console and streams", async () => {
    const ended = await rig.apply(async () => {
      const bytes = (text: string) => new TextEncoder().encode(text);
      console.log("log", { a: 1 });
      console.error("error");
      Deno.stdout.writeSync(bytes("sync\n"));
      await Deno.stderr.write(bytes("async\n"));
      // deno-lint-ignore no-process-global -- user code may use either
      process.stdout.write("process\n");
    });
    assert.equal(ended.stdout, "log { a: 1 }\nsync\nprocess\n");
    assert.equal(ended.stderr, "error\nasync\n");
    assert.equal(ended.outcome.outputs, ended.pieces);
  });

  await t.step("many tasks, some of them silent", async () => {
    const run = (n: number) => {
      if (n % 3 === 0) console.log(`line ${n} é😀`);
      if (n % 5 === 0) console.error(`error ${n}`);
    };
    const all = await Promise.all(
      Array.from({ length: 200 }, (_, n) => rig.apply(run, n)),
    );
    all.forEach((ended, n) => {
      assert.equal(ended.stdout, n % 3 === 0 ? `line ${n} é😀\n` : "");
      assert.equal(ended.stderr, n % 5 === 0 ? `error ${n}\n` : "");
      assert.equal(ended.outcome.outputs, ended.pieces);
    });
  });

  await t.step("more than a pipe holds", async () => {
    const ended = await rig.apply(() => {
      for (let n = 0; n < 50_000; n++) console.log(`number ${n}`);
    });
    const lines = ended.stdout.split("\n");
    assert.equal(lines.length, 50_001);
    assert.ok(lines.slice(0, -1).every((line, n) => line === `number ${n}`));
    assert.equal(ended.outcome.outputs, ended.pieces);
  });
});

Deno.test("output arrives however it is written", async (t) => {
  await using rig = await SlotRig.start(1);

  await t.step("while the code is busy", async () => {
    const before = rig.pieces.length;
    const ended = rig.apply(() => {
      console.log("started");
      const end = performance.now() + 400;
      while (performance.now() < end);
    });
    await until(() => rig.pieces.length > before, 300);
    assert.match((await ended).stdout, /^started\n$/);
  });

  await t.step("through a writable stream", async () => {
    const ended = await rig.apply(async () => {
      const writer = Deno.stdout.writable.getWriter();
      await writer.write(new TextEncoder().encode("stream\n"));
      writer.releaseLock();
    });
    assert.equal(ended.stdout, "stream\n");
  });

  await t.step("of a stream that the task closes", async () => {
    const ended = await rig.apply(() => {
      console.log("last");
      Deno.stdout.close();
    });
    assert.equal(ended.outcome.status, "ok");
    assert.equal(await rig.value(() => 1), 1);
  });
});

Deno.test("a slot survives errors that no task waits for", async () => {
  await using rig = await SlotRig.start(1);
  const ended = await rig.apply(async () => {
    Promise.reject(new Error("forgotten"));
    setTimeout(() => {
      throw new Error("in a timer");
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    return "alive";
  });
  assert.equal(ended.value, "alive");
  assert.match(ended.stderr, /Uncaught \(in promise\) Error: forgotten/);
  assert.match(ended.stderr, /Uncaught Error: in a timer/);
  assert.equal(await rig.value(() => 1), 1);
});

Deno.test("a slot that is killed loses its first task only", async () => {
  await using rig = await SlotRig.start(1);
  for (let n = 0; n < 20; n++) await rig.value(() => {});
  const [pid = 0] = rig.pool.pids;
  const busy = rig.apply(() => {
    console.error("last words");
    for (;;);
  });
  const others = [1, 2, 3].map((n) => rig.value((x: number) => x * 2, n));
  await until(() => rig.pieces.length > 0);
  Deno.kill(pid, "SIGKILL");
  const { outcome, stderr } = await busy;
  assert.equal(outcome.status, "engine_lost");
  assert.equal(outcome.end?.signal, "SIGKILL");
  assert.match(outcome.reason ?? "", /slot 0 was ended by SIGKILL\nlast words/);
  assert.equal(stderr, "last words\n");
  assert.deepEqual(await Promise.all(others), [2, 4, 6]);
  assert.notEqual(rig.pool.pids[0], pid);
});

Deno.test("a slot whose code exits is replaced", async () => {
  await using rig = await SlotRig.start(1);
  const { outcome } = await rig.apply(() => Deno.exit(7));
  assert.equal(outcome.status, "engine_lost");
  assert.equal(outcome.end?.exitCode, 7);
  assert.match(outcome.reason ?? "", /exited with code 7/);
  assert.equal(await rig.value(() => "new"), "new");
});

Deno.test("a slot that ends takes its subprocesses with it", async () => {
  await using rig = await SlotRig.start(1);
  const pid = await rig.value(() =>
    new Deno.Command("sleep", { args: ["1000"] }).spawn().pid
  );
  assert.ok(typeof pid === "number" && isAlive(pid));
  await rig.apply(() => Deno.exit(0));
  await until(() => !isAlive(pid));
});

Deno.test("a slot keeps the engine's secrets from user code", async () => {
  Deno.env.set("IPPD_CONNECTION_INFO", "secret");
  await using rig = await SlotRig.start(2);
  Deno.env.delete("IPPD_CONNECTION_INFO");
  const read = async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return Deno.env.toObject();
  };
  const both = await Promise.all([rig.value(read), rig.value(read)]);
  const indexes = both.map((environment) => {
    // What this process itself was given is no secret of the engine.
    const names = Object.keys(Object(environment)).filter((name) =>
      name.startsWith("IPPD_") && !Deno.env.has(name)
    );
    assert.deepEqual(names, ["IPPD_SLOT"]);
    return Object(environment).IPPD_SLOT;
  });
  assert.deepEqual(indexes.sort(), ["0", "1"]);
});

Deno.test("a slot that cannot start ends the engine with the reason", async () => {
  const limits = { slotStartsMax: 2, respawnDelayMinMs: 1 };
  await using rig = new SlotRig(1, limits, ["/nowhere/ippd"]);
  await rig.open(1);
  assert.match(await rig.failed.promise, /Cannot start slot 0.*\/nowhere/);
});

Deno.test("a slot that is not ready in time is killed", async () => {
  const limits = {
    slotStartsMax: 2,
    respawnDelayMinMs: 1,
    slotStartTimeoutMs: 50,
  };
  await using rig = new SlotRig(1, limits, ["sleep", "1000"]);
  await rig.open(1);
  assert.match(await rig.failed.promise, /was not ready after 50 ms/);
  assert.ok((rig.tally.counts?.["slotStartTimeoutMs"] ?? 0) > 0);
});

Deno.test("slots leave when the pool stops, busy ones too", async () => {
  const rig = await SlotRig.start(2);
  void rig.apply(() => {
    console.log("busy");
    for (;;);
  });
  await until(() => rig.pieces.length > 0);
  const { pids } = rig.pool;
  assert.equal(pids.length, 2);
  await rig.pool.stop();
  assert.deepEqual(pids.filter(isAlive), []);
});
