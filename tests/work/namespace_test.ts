/**
 * Interactive work: cells, names, captures and references, on real engines.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CompositeError, moduleTask, ref, RemoteError } from "../../mod.ts";
import { withCluster } from "./fixture.ts";
import type { addForTest } from "./module_fixture.ts";

Deno.test("DirectView keeps a namespace on each engine", async (t) => {
  await withCluster({ n: 2 }, async (client) => {
    const all = client.directView();
    const one = client.at(0);

    await t.step("names are pushed, used in cells and pulled", async () => {
      await all.push({ a: 10 });
      const cell = all.execute("const b: number = a + 1; console.log(b)");
      await cell;
      assert.equal(cell.stdout, "11\n11\n");
      assert.deepEqual(await all.pull("b"), [11, 11]);
      assert.deepEqual(await one.pull(["a", "b"]), [10, 11]);
      assert.deepEqual(await all.pull("a * b"), [110, 110]);
    });

    await t.step(
      "the value of a cell is that of its last expression",
      async () => {
        assert.equal(await one.execute("1 + 1"), 2);
        assert.equal(await one.execute("const c = 5"), undefined);
        assert.equal(await one.execute("await Promise.resolve(c * 2)"), 10);
        assert.equal(await one.execute("(x) => x"), "[Function (anonymous)]");
        assert.deepEqual(
          await one.execute("new Map([[1, new Float64Array([c])]])"),
          new Map([[1, new Float64Array([5])]]),
        );
      },
    );

    await t.step("declarations persist and can be redeclared", async () => {
      await one.execute("class P { x = 1 } function f() { return new P().x }");
      await one.execute("let c = 6; const { d, ...rest } = { d: 1, e: 2 }");
      assert.deepEqual(await one.pull(["c", "f()", "d", "rest"]), [6, 1, 1, {
        e: 2,
      }]);
    });

    await t.step("cells import files, built-ins and packages", async () => {
      const folder = await Deno.makeTempDir();
      await Deno.writeTextFile(`${folder}/m.ts`, "export const m: number = 7;");
      const value = await one.execute(`
        import { m } from "${folder}/m.ts";
        import { join } from "node:path";
        import { Command } from "npm:commander@^15.0.0";
        join("a", String(m), new Command("x").name())
      `);
      assert.equal(value, "a/7/x");
      await Deno.writeTextFile(
        `${folder}/cell.ts`,
        "const fromFile: number = 8",
      );
      await one.run(`${folder}/cell.ts`);
      assert.equal(await one.pull("fromFile"), 8);
      await Deno.remove(folder, { recursive: true });
    });

    await t.step("dotted names are read and written", async () => {
      await one.push({ model: { weights: [1, 2] } });
      await one.set("model.weights[1]", 5);
      assert.equal(await one.get("model.weights[1]"), 5);
      await assert.rejects(async () => await one.set("nowhere.x", 1), {
        remoteName: "ReferenceError",
      });
      await assert.rejects(async () => await one.pull("unknownName"), {
        remoteName: "ReferenceError",
        message: /unknownName/,
      });
    });

    await t.step("names are cleared", async () => {
      const shadows = { Map: 5, Set: 5, JSON: 5, URL: 5, fetch: 5, name: 5 };
      await one.push({ ...shadows, z: 1 });
      assert.deepEqual(await one.apply((v: unknown) => v, [{ a: 1 }]), [
        { a: 1 },
      ]);
      await assert.rejects(async () => await one.execute("nowhere"), {
        remoteName: "ReferenceError",
      });
      await assert.rejects(async () => await one.execute("let Object = 1"), {
        remoteName: "TypeError",
        message: /Cannot declare Object: the engine needs the built-in/,
      });
      await one.clear(["z"]);
      assert.equal(await one.execute("typeof z"), "undefined");
      await one.clear();
      assert.deepEqual(
        await one.execute("[typeof a, typeof Map]"),
        ["undefined", "function"],
      );
    });

    await t.step("functions are pushed and see the namespace", async () => {
      await one.push({
        factor: 3,
        scale: (x: number): number =>
          x * Number(Reflect.get(globalThis, "factor")),
      });
      assert.equal(await one.execute("scale(2)"), 6);
    });

    await t.step("px sends values instead of pasting them", async () => {
      const odd = { text: "`${quotes}\"'", list: new Float64Array([1, 2]) };
      assert.deepEqual(await one.px`[${odd}.text, ${odd.list}.length]`, [
        odd.text,
        2,
      ]);
    });

    await t.step("mistakes in cells have a name and a place", async () => {
      await assert.rejects(
        async () => await one.execute("let x = ;"),
        (error) => {
          assert.ok(error instanceof RemoteError);
          assert.equal(error.remoteName, "SyntaxError");
          assert.equal(error.properties["line"], 1);
          assert.equal(error.properties["column"], 9);
          return true;
        },
      );
      await assert.rejects(
        async () =>
          await one.execute(
            "\n\nfunction g() {\n  throw new RangeError('far')\n}\ng()",
          ),
        (error) => {
          assert.ok(error instanceof RemoteError);
          assert.match(error.stack ?? "", /at g \(ippd:cell-\d+:4:9\)/);
          assert.match(error.stack ?? "", /ippd:cell-\d+:6:1/);
          assert.doesNotMatch(error.stack ?? "", /engine\//);
          return true;
        },
      );
      await assert.rejects(
        async () => await all.execute("import './no_such_file.ts'"),
        (error) => {
          assert.ok(error instanceof CompositeError);
          assert.match(error.message, /no_such_file\.ts/);
          return true;
        },
      );
    });
  });
});

Deno.test("All slots of an engine have the same namespace", async () => {
  await withCluster({ n: 1, slots: 3 }, async (client) => {
    const one = client.at(0);
    await one.push({ a: 10 });
    const cell = one.execute("const b = a + 1; console.log(b); b");
    assert.equal(await cell, 11);
    assert.equal(cell.stdout, "11\n11\n11\n");
    assert.equal(await one.pull("b"), 11);
    const seen = await client.loadBalancedView().map(
      async (x: number) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return [
          Deno.env.get("IPPD_SLOT"),
          x + Number(Reflect.get(globalThis, "b")),
        ];
      },
      [1, 2, 3, 4, 5, 6],
      { chunkSize: 1 },
    );
    assert.equal(new Set(seen.map(([slot]) => slot)).size, 3);
    assert.deepEqual(seen.map(([, sum]) => sum), [12, 13, 14, 15, 16, 17]);
    await assert.rejects(
      async () => await one.execute("throw new Error('x')"),
      {
        remoteMessage: "x",
      },
    );
    const stuck = one.execute("for (;;);");
    setTimeout(() => stuck.cancel(), 100);
    await assert.rejects(async () => await stuck, { name: "CancelledError" });
    assert.equal(await one.pull("b"), 11);
    await one.clear();
    assert.equal(await one.execute("typeof a"), "undefined");
  });
});

Deno.test("Functions take along what they capture, and name what they lack", async (t) => {
  await withCluster({ n: 1 }, async (client) => {
    const view = client.loadBalancedView();
    const one = client.at(0);
    const offset = 100;
    const double = (x: number): number => x * 2;
    const isEven = (n: number): boolean => n === 0 || isOdd(n - 1);
    const isOdd = (n: number): boolean => n !== 0 && isEven(n - 1);

    await t.step("captures are values and functions", async () => {
      const shifted = view.with({ captures: { offset, double } });
      assert.equal(
        await shifted.apply((x: number) => double(x) + offset, 1),
        102,
      );
      assert.deepEqual(
        await shifted.map((x: number) => double(x) + offset, [1, 2, 3]),
        [102, 104, 106],
      );
      const mutual = one.with({ captures: { isEven, isOdd } });
      assert.equal(await mutual.apply((n: number) => isEven(n), 10), true);
    });

    await t.step(
      "missing names are all named, with the two remedies",
      async () => {
        await assert.rejects(
          async () => await view.apply(() => double(offset)),
          (error) => {
            assert.ok(error instanceof RemoteError);
            assert.equal(error.remoteName, "CapturedVariableError");
            assert.match(error.message, /double, offset are not defined/);
            assert.match(error.message, /captures: \{ double \}/);
            assert.match(error.message, /view\.push\(\{ double \}\)/);
            return true;
          },
        );
        await one.push({ offset, double });
        assert.equal(await view.apply(() => double(offset)), 200);
      },
    );

    await t.step("references are evaluated on the engine", async () => {
      await one.push({ data: [1, 2, 3] });
      const sum = (values: number[], options: { from: number }): number =>
        values.reduce((a, b) => a + b, options.from);
      assert.equal(
        await one.apply(sum, ref("data"), { from: 4 }),
        10,
      );
      const nested = { from: ref("data.length") } as unknown as {
        from: number;
      };
      assert.equal(await one.apply(sum, ref("data"), nested), 9);
      await assert.rejects(
        async () => await one.apply(double, ref("notThere")),
        { remoteName: "ReferenceError", message: /notThere/ },
      );
    });

    await t.step("functions of modules go by their name", async () => {
      const fixtureUrl = new URL("./module_fixture.ts", import.meta.url);
      const add = moduleTask<typeof addForTest>(fixtureUrl, "addForTest");
      assert.equal(await view.apply(add, 1, 2), 3);
      assert.deepEqual(await view.map(add, [1, 2], [10, 20]), [11, 22]);
      assert.equal(await one.apply(add, ref("data.length"), 2), 5);
      const missing = moduleTask<typeof addForTest>(fixtureUrl, "missing");
      await assert.rejects(async () => await view.apply(missing, 1, 2), {
        remoteName: "TypeError",
        message: /it exports addForTest/,
      });
    });

    await t.step(
      "what cannot ship is refused at the call, with its place",
      () => {
        class Base {
          method(): number {
            return 1;
          }
        }
        class Derived extends Base {
          override method(): number {
            return super.method();
          }
        }
        const derived = new Derived();
        assert.throws(() => view.apply(derived.method), /super at \d+:\d+/);
        assert.throws(() => view.apply(() => import.meta.url), /import\.meta/);
        assert.throws(() => view.apply(Derived as never), /class/);
        assert.throws(
          () =>
            view.with({ captures: { p: Promise.resolve(1) } }).apply(() => 1),
          /p/,
        );
        assert.throws(
          () => view.with({ nonsense: 1 } as never),
          /flag nonsense/,
        );
      },
    );
  });
});
