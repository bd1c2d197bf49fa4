/**
 * The first page of the documentation, line by line: what somebody sees who
 * tries ippd for the first time.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CancelledError, Cluster, connect, ref, require } from "../../mod.ts";
import { withIppdDir } from "../cli/ippd_process.ts";

/** Counts upwards for ever, and says how far it was read. */
class Endless implements AsyncIterable<number> {
  read = 0;
  closed = false;

  async *[Symbol.asyncIterator](): AsyncGenerator<number> {
    try {
      for (;;) {
        await Promise.resolve();
        yield this.read++;
      }
    } finally {
      this.closed = true;
    }
  }
}

async function firstPage(t: Deno.TestContext): Promise<void> {
  await using cluster = await Cluster.start({ n: 4 });
  const client = await cluster.connect();
  await using _client = client;
  assert.deepEqual(client.ids, [0, 1, 2, 3]);
  const all = client.directView();

  await t.step("every engine says hello", async () => {
    assert.deepEqual(
      await all.apply(() => "Hello, World"),
      Array.from({ length: 4 }, () => "Hello, World"),
    );
    const sum = client.at(-1).apply((a: number, b: number) => a + b, 1, 2);
    assert.equal(await sum, 3);
  });

  await t.step("names, cells and templates", async () => {
    await all.push({ a: 10 });
    const cell = all.execute(`const b = a + 1; console.log(b)`);
    await cell;
    assert.equal(cell.stdout, "11\n11\n11\n11\n");
    assert.deepEqual(await all.pull("b"), [11, 11, 11, 11]);
    assert.deepEqual(await all.px`b * ${2}`, [22, 22, 22, 22]);
    const plus = (x: number): number => x + 1;
    assert.deepEqual(await all.apply(plus, ref("b")), [12, 12, 12, 12]);
  });

  await t.step("sequences are cut and joined", async () => {
    await all.scatter("xs", [1, 2, 3, 4, 5]);
    assert.deepEqual(await all.pull("xs"), [[1, 2], [3], [4], [5]]);
    assert.deepEqual(await all.gather("xs"), [1, 2, 3, 4, 5]);
  });

  const balanced = client.loadBalancedView();
  await t.step("maps, at once and lazily", async () => {
    const squares = await balanced.map((x: number) => x * x, [2, 3, 5, 7, 9]);
    assert.deepEqual(squares, [4, 9, 25, 49, 81]);
    const source = new Endless();
    const seen = new Set<number>();
    const slow = async (x: number): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, x % 3));
      return x * 2;
    };
    for await (const y of balanced.imap(slow, source, { ordered: false })) {
      seen.add(y);
      if (seen.size === 20) break;
    }
    assert.equal(seen.size, 20);
    assert.ok([...seen].every((y) => y % 2 === 0));
    assert.ok(source.read < 200, `it read ${source.read} ahead`);
    assert.ok(source.closed);
  });

  await t.step("one task after another, with flags", async () => {
    const load = (path: string): string => `rows of ${path}`;
    const summarise = (): string => {
      // deno-lint-ignore no-console -- it is the output that is looked at
      console.log("summing up");
      return "42 rows";
    };
    const first = balanced.apply(load, "a.csv");
    const second = balanced
      .with({ after: [first], retries: 2, timeoutMs: 5_000 })
      .apply(summarise);
    assert.equal(second.taskIds.length, 1);
    const [end] = await second.settled();
    assert.deepEqual(end, { status: "fulfilled", value: "42 rows" });
    assert.equal(second.progress, 1);
    assert.equal(second.stdout, "summing up\n");
    assert.ok(first.done);
    second.cancel("not needed");
    assert.equal(await second, "42 rows");
    const third = balanced.apply(() => new Promise<void>(() => {}));
    third.cancel("not needed");
    await assert.rejects(
      async () => await third,
      (error) =>
        error instanceof CancelledError && /not needed/.test(error.message),
    );
  });

  await t.step("modules that engines need", async () => {
    const withPaths = require("node:path");
    const add = (a: number, b: number): number => a + b;
    assert.equal(await balanced.apply(withPaths(add), 1, 2), 3);
  });

  await t.step("connect finds the cluster by its file", async () => {
    await using other = await connect(cluster.clientFile);
    assert.equal(await other.at(0).pull("a"), 10);
    const text = await Deno.readTextFile(cluster.clientFile);
    await using parsed = await connect(JSON.parse(text));
    assert.deepEqual(parsed.ids, client.ids);
  });
}

Deno.test("The first page does what it says", async (t) => {
  await withIppdDir(async (folder) => {
    Deno.env.set("IPPD_DIR", folder);
    try {
      await firstPage(t);
    } finally {
      Deno.env.delete("IPPD_DIR");
    }
  });
});
