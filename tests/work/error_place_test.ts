import assert from "node:assert/strict";
import { RemoteError } from "../../mod.ts";
import { withCluster } from "./fixture.ts";

const HERE = import.meta.url;

interface Point {
  readonly x: number;
}

/** Types go away on the way, and lines may move. */
function failing<T extends Point>(
  point: T,
  ...rest: string[]
): number {
  const y: number = point.x as number;
  if (y > 0) throw new Error(`${rest.length} more`); // failing
  return y as number;
}

const holder = {
  async method(this: void, x: number): Promise<number> {
    await Promise.resolve();
    if (x > 0) throw new RangeError("too far"); // method
    return x;
  },
};

/** The place in this file where the error is made, on a line with a mark. */
function placeOf(mark: string): string {
  const lines = Deno.readTextFileSync(new URL(HERE)).split("\n");
  const line = lines.findIndex((line) => line.endsWith(`// ${mark}`));
  const column = (lines[line] ?? "").indexOf("new ");
  return `${HERE}:${line + 1}:${column + 1}`;
}

/** Sees that a task fails at a marked line. */
async function expectPlace(
  task: PromiseLike<unknown>,
  mark: string,
): Promise<void> {
  const failed: unknown = await Promise.resolve(task).catch((error) => error);
  const thrown = failed instanceof AggregateError ? failed.errors[0] : failed;
  assert.ok(thrown instanceof RemoteError, String(thrown));
  assert.ok(thrown.stack?.includes(placeOf(mark)), thrown.stack);
  assert.ok(thrown.remoteStack.includes(placeOf(mark)));
}

Deno.test("errors of tasks point into the user's own files", async (t) => {
  await withCluster({ n: 1 }, async (client) => {
    const engine = client.at(0);

    await t.step("of a function with types", async () => {
      const task = engine.apply(failing, { x: 1 }, "a", "b");
      await expectPlace(task, "failing");
    });

    await t.step("of a method that waits", async () => {
      await expectPlace(engine.apply(holder.method, 1), "method");
    });

    await t.step("of functions that look the same", async () => {
      const one = engine.apply((n: number) => {
        throw new TypeError(`${n}`); // one
      }, 1);
      const two = engine.apply((n: number) => {
        throw new TypeError(`${n}`); // two
      }, 1);
      await expectPlace(one, "one");
      await assert.rejects(async () => await two, RemoteError);
    });

    await t.step("of an item of a map, on one line", async () => {
      // deno-fmt-ignore
      const task = client.loadBalancedView().map((n: number) => { if (n > 1) throw new URIError("item"); return n; }, [1, 2]); // item
      await expectPlace(task, "item");
    });

    await t.step("of a cause", async () => {
      const task = engine.apply(() => {
        const cause = new Error("below"); // cause
        throw new Error("above", { cause });
      });
      const thrown: unknown = await Promise.resolve(task).catch((e) => e);
      assert.ok(thrown instanceof RemoteError);
      assert.ok(thrown.cause instanceof RemoteError);
      assert.ok(thrown.cause.stack?.includes(placeOf("cause")));
    });

    await t.step("and not of text that is in no file", async () => {
      const made = new Function("return () => { throw new Error('x') }")();
      await assert.rejects(async () => await engine.apply(made), (error) => {
        assert.ok(error instanceof RemoteError);
        assert.match(error.stack ?? "", /ippd:[\w-]+:1:\d+/);
        return true;
      });
    });
  });
});
