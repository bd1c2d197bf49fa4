/**
 * Views of engines that are named, on real processes.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  BroadcastView,
  CancelledError,
  CompositeError,
  EngineLostError,
  RemoteError,
} from "../../mod.ts";
import { withCluster } from "../work/fixture.ts";

Deno.test("DirectView cuts, maps and joins sequences over its engines", async (t) => {
  await withCluster({ n: 3 }, async (client) => {
    const all = client.directView();

    await t.step("map gives the first engines one item more", async () => {
      const result = all.map((x: number) => x * x, [1, 2, 3, 4, 5]);
      assert.deepEqual(await result, [1, 4, 9, 16, 25]);
      assert.deepEqual(result.metadata.map((one) => one.engineId), [0, 1, 2]);
      const pids = await all.apply(() => Deno.pid);
      assert.deepEqual(
        await all.map(() => Deno.pid, [1, 2, 3, 4, 5]),
        [pids[0], pids[0], pids[1], pids[1], pids[2]],
      );
    });

    await t.step("map truncates, and takes any list", async () => {
      const prime = Array.from({ length: 101 }, (_, index) => index);
      assert.deepEqual(
        await all.map((x) => x + 1, prime),
        prime.map((x) => x + 1),
      );
      assert.deepEqual(await all.map((x) => x, []), []);
      assert.deepEqual(await all.map((x) => x, [7]), [7]);
      assert.deepEqual(
        await all.map((a: number, b: string) => a + b, [1, 2, 3], ["a", "b"]),
        ["1a", "2b"],
      );
      assert.deepEqual(await all.map((x: number) => -x, new Set([1, 2])), [
        -1,
        -2,
      ]);
      assert.deepEqual(
        await all.map((x: number) => x * 2, new Float32Array([1, 2, 3, 4])),
        [2, 4, 6, 8],
      );
      assert.deepEqual(await client.at(0).map((x) => x, [1, 2, 3]), [1, 2, 3]);
    });

    await t.step("lists are scattered and gathered", async () => {
      await all.scatter("xs", [1, 2, 3, 4, 5]);
      assert.deepEqual(await all.pull("xs"), [[1, 2], [3, 4], [5]]);
      assert.deepEqual(await all.gather("xs"), [1, 2, 3, 4, 5]);
      await all.scatter("few", [1]);
      assert.deepEqual(await all.pull("few"), [[1], [], []]);
      assert.deepEqual(await all.gather("few"), [1]);
      await all.scatter("turns", [0, 1, 2, 3, 4, 5, 6], { dist: "cyclic" });
      assert.deepEqual(await all.pull("turns"), [[0, 3, 6], [1, 4], [2, 5]]);
      assert.deepEqual(
        await all.gather("turns", { dist: "cyclic" }),
        [0, 1, 2, 3, 4, 5, 6],
      );
    });

    await t.step("texts and typed arrays keep their types", async () => {
      await all.scatter("text", "abcdefgh");
      assert.deepEqual(await all.pull("text"), ["abc", "def", "gh"]);
      assert.equal(await all.gather("text"), "abcdefgh");
      const numbers = Float64Array.from(
        { length: 10 },
        (_, index) => index / 2,
      );
      await all.scatter("numbers", numbers);
      await all.execute(
        "for (let i = 0; i < numbers.length; i++) numbers[i] *= 2",
      );
      assert.deepEqual(await all.gather("numbers"), numbers.map((x) => 2 * x));
      await all.scatter("bytes", new Uint8Array([1, 2, 3, 4]), {
        dist: "cyclic",
      });
      assert.deepEqual(
        await all.gather("bytes", { dist: "cyclic" }),
        new Uint8Array([1, 2, 3, 4]),
      );
      await all.push({ scalar: 5 });
      assert.deepEqual(await all.gather("scalar"), [5, 5, 5]);
    });

    await t.step("what is no sequence is refused", () => {
      assert.throws(() => all.scatter("x", 5), /Cannot scatter number/);
      assert.throws(
        () => all.scatter("x", [1], { dist: "random" as never }),
        /dist must be block or cyclic/,
      );
      assert.throws(
        () => all.map((x) => x, (async function* () {})() as never),
        /list 1: it is asynchronous/,
      );
    });

    await t.step("names with dots, functions and nested data", async () => {
      const one = client.at(0);
      await one.push({ config: { depth: { value: [1, { a: 2 }] } } });
      assert.deepEqual(await one.get("config.depth.value[1].a"), 2);
      await one.set("config.depth.value[1].a", 3);
      assert.deepEqual(await one.pull("config"), {
        depth: { value: [1, { a: 3 }] },
      });
      await one.push({ base: 10, add: new Function("x", "return x + base") });
      assert.equal(await one.pull("add(5)"), 15);
    });
  });
});

Deno.test("Client gives views by position, slice and iteration", async () => {
  await withCluster({ n: 4 }, async (client, cluster) => {
    assert.deepEqual(client.slice().targets, [0, 1, 2, 3]);
    assert.deepEqual(client.slice(1, 3).targets, [1, 2]);
    assert.deepEqual(client.slice(-2).targets, [2, 3]);
    assert.deepEqual(client.slice(0, 4, 2).targets, [0, 2]);
    assert.deepEqual(client.slice(undefined, undefined, -1).targets, [
      3,
      2,
      1,
      0,
    ]);
    assert.throws(() => client.slice(2, 2), RangeError);
    assert.throws(() => client.slice(0, 1, 0), RangeError);
    assert.throws(() => client.slice(0.5), RangeError);
    const ids: number[] = [];
    for (const view of client) ids.push(...view.targets);
    assert.deepEqual(ids, [0, 1, 2, 3]);
    assert.equal(client.directView().length, 4);

    const frozen = client.slice();
    const all = client.directView();
    await cluster.startEngines(1);
    await client.waitForEngines(5);
    assert.equal(frozen.length, 4);
    assert.equal(all.length, 5);
    assert.equal((await all.apply(() => 1)).length, 5);
    assert.equal((await all.map((x) => x, [1, 2, 3, 4, 5])).length, 5);

    const one: number = await all.with({ targets: 3 }).apply(() => 7);
    assert.equal(one, 7);
    const two: number[] = await client.at(0).with({ targets: [2, 1] })
      .apply(() => 7);
    assert.deepEqual(two, [7, 7]);
    assert.throws(() => all.with({ targets: 77 }), /Cannot find engine 77/);
    assert.throws(() => all.with({ targets: [] }), /empty list of targets/);
    await client.clear();
    assert.deepEqual(
      await client.at(0).execute("typeof neverDefined"),
      "undefined",
    );
  });
});

Deno.test("BroadcastView does what DirectView does, with one request", async () => {
  await withCluster({ n: 3 }, async (client) => {
    for (const coalescing of [false, true]) {
      const view = client.broadcastView("all", { coalescing });
      assert.ok(view instanceof BroadcastView);
      assert.equal(view.coalescing, coalescing);
      const result = view.apply((a: number) => a + 1, 1);
      assert.deepEqual(await result, [2, 2, 2]);
      assert.deepEqual(result.metadata.map((one) => one.engineId), [0, 1, 2]);
      assert.ok(result.metadata.every((one) => one.engineHost !== undefined));
      await view.push({ shared: 5 });
      assert.deepEqual(await view.pull("shared"), [5, 5, 5]);
      await view.scatter("parts", [1, 2, 3]);
      assert.deepEqual(await view.gather("parts"), [1, 2, 3]);
      assert.deepEqual(await view.map((x: number) => -x, [1, 2]), [-1, -2]);
      const backwards = client.broadcastView([2, 0], { coalescing });
      const there = backwards.apply(() => Deno.pid);
      const here = client.directView([2, 0]).apply(() => Deno.pid);
      assert.deepEqual(await there, await here);
      const partly = view.execute("if (parts[0] === 2) throw new Error('two')");
      await assert.rejects(async () => await partly, /two/);
      assert.deepEqual(
        (await partly.settled()).map((one) => one.status),
        ["fulfilled", "rejected", "fulfilled"],
      );
      assert.equal(view.with({ label: "x" }).coalescing, coalescing);
    }
  });
});

Deno.test("DirectView reports partial failure and loss engine by engine", async () => {
  await withCluster({ n: 3 }, async (client) => {
    const all = client.directView();
    await all.scatter("rank", [0, 1, 2]);
    const failing = all.execute(
      "console.log(rank[0]); if (rank[0] > 0) throw new RangeError('high'); rank[0]",
    );
    await assert.rejects(async () => await failing, (error) => {
      assert.ok(error instanceof CompositeError);
      assert.match(error.message, /RangeError: high \(2 times\)/);
      assert.deepEqual(
        error.errors.map((one) => one instanceof RemoteError && one.engineId),
        [1, 2],
      );
      return true;
    });
    // The error is the same each time, and what went well is there.
    await assert.rejects(async () => await failing, CompositeError);
    const [first] = await failing.settled();
    assert.deepEqual(first, { status: "fulfilled", value: 0 });
    assert.equal(failing.stdout, "0\n1\n2\n");

    const [victim] = client.engines;
    assert.ok(victim);
    const result = all.apply(() =>
      new Promise((resolve) => setTimeout(resolve, 500))
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    Deno.kill(victim.pid, "SIGKILL");
    const ends = await result.settled();
    assert.deepEqual(ends.map((end) => end.status), [
      "rejected",
      "fulfilled",
      "fulfilled",
    ]);
    const [lost] = result.metadata;
    assert.ok(lost?.error instanceof EngineLostError);
    assert.equal(lost.engineId, victim.engineId);
    assert.equal(lost.engineHost, victim.host);
    // The hub tells of it in its own time.
    while (client.ids.includes(victim.engineId)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
});

Deno.test("DirectView aborts what it has queued, and says what waits", async () => {
  await withCluster({ n: 2 }, async (client) => {
    const [here, there] = [client.at(0), client.at(1)];
    const sleep = (): Promise<void> =>
      new Promise((resolve) => setTimeout(resolve, 30_000));
    const running = here.apply(sleep);
    const queued = Array.from({ length: 5 }, () => here.apply(sleep));
    const other = there.apply(() => 1);
    const [only] = queued;
    assert.ok(only);
    assert.equal(here.abort(only), 1);
    await assert.rejects(async () => await only, CancelledError);
    assert.equal(here.abort(only), 0);
    assert.equal(here.abort(queued[1]?.taskIds), 1);
    await assert.rejects(async () => await queued[1], CancelledError);
    assert.equal(here.abort(), 4);
    for (const one of [running, ...queued]) {
      await assert.rejects(async () => await one, CancelledError);
    }
    assert.equal(await other, 1);
    assert.throws(
      () => here.abort("c-stranger-0"),
      /belongs to another client/,
    );
    assert.throws(
      () => here.abort(5 as never),
      /must be a result or a task id/,
    );
    const status = await client.queueStatus();
    assert.deepEqual(status.engines.map((one) => one.engineId), [0, 1]);
    assert.equal(typeof status.unassigned, "number");
    assert.equal((await here.queueStatus()).engines.length, 1);
    assert.equal(client.outstanding, 0);
  });
});
