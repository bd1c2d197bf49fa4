import assert from "node:assert/strict";
import {
  type Random,
  SCHEDULING_SCHEMES,
  type SchedulingScheme,
  seededRandom,
} from "../base/mod.ts";
import { chooseEngine } from "./engine_policy.ts";
import { EnginePool } from "./engine_pool.ts";

interface Engine {
  readonly name: string;
  load: number;
  usedOrder: number;
}

function engine(name: string, load: number, usedOrder: number): Engine {
  return { name, load, usedOrder };
}

/** How often each engine is chosen, out of 1,000 times. */
function tally(
  scheme: SchedulingScheme,
  engines: readonly Engine[],
): Record<string, number> {
  const random = seededRandom(7);
  const counts: Record<string, number> = {};
  for (let i = 0; i < 1_000; i++) {
    const name = chooseEngine(scheme, engines, random)?.name ?? "none";
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

const BUSY_BUT_RESTED = engine("a", 3, 1);
const IDLE_BUT_USED = engine("b", 0, 3);
const BETWEEN = engine("c", 1, 2);
const ALL = [BUSY_BUT_RESTED, IDLE_BUT_USED, BETWEEN];

for (
  const [scheme, chosen] of [
    ["leastload", "b"],
    ["lru", "a"],
    ["pure", "a"],
  ] as const
) {
  Deno.test(`chooseEngine() takes ${chosen} by ${scheme}`, () => {
    assert.deepEqual(tally(scheme, ALL), { [chosen]: 1_000 });
  });
}

Deno.test("chooseEngine() takes the longest rested of the least loaded by leastload", () => {
  const engines = [engine("a", 1, 5), engine("b", 1, 4), engine("c", 2, 1)];
  assert.deepEqual(tally("leastload", engines), { b: 1_000 });
});

Deno.test("chooseEngine() takes any with the same chance by plainrandom", () => {
  for (const count of Object.values(tally("plainrandom", ALL))) {
    assert.ok(count > 270 && count < 400, String(count));
  }
});

Deno.test("chooseEngine() takes the longer rested of two by twobin", () => {
  const counts = tally("twobin", ALL);
  // a wins both of its pairs, c one, and b none.
  assert.equal(counts["b"], undefined);
  const { a = 0, c = 0 } = counts;
  assert.ok(a > 600 && a < 730 && c === 1_000 - a);
});

Deno.test("chooseEngine() prefers those with little by weighted", () => {
  const engines = [engine("a", 4, 1), engine("b", 1, 2)];
  const { a = 0, b = 0 } = tally("weighted", engines);
  // a is drawn with chance 1/5, and chosen only when it is drawn twice.
  assert.ok(a > 15 && a < 75 && b === 1_000 - a, `${a} ${b}`);
});

Deno.test("chooseEngine() finds nothing where there is nothing", () => {
  for (const scheme of SCHEDULING_SCHEMES) {
    assert.equal(chooseEngine(scheme, [], seededRandom(1)), undefined);
    const one = [BETWEEN];
    assert.equal(chooseEngine(scheme, one, seededRandom(1)), BETWEEN);
  }
});

/** The same random numbers for both, without one disturbing the other. */
function twice(random: Random): () => [Random, Random] {
  return () => {
    const drawn = [random(), random(), random(), random()];
    const replay = (): Random => {
      let next = 0;
      return () => drawn[next++ % drawn.length] ?? 0;
    };
    return [replay(), replay()];
  };
}

for (const scheme of SCHEDULING_SCHEMES) {
  Deno.test(`EnginePool chooses as the scheme ${scheme} does, after any history`, () => {
    const random = seededRandom(3);
    const draw = twice(random);
    let pair = draw();
    const pool = new EnginePool<Engine>(scheme, () => pair[0]());
    const all = Array.from({ length: 8 }, (_, i) => engine(`${i}`, 0, -i));
    const inside = new Set<Engine>();
    let used = 0;
    for (let step = 0; step < 2_000; step++) {
      const one = all[Math.floor(random() * all.length)];
      assert.ok(one);
      if (random() < 0.3) {
        pool.remove(one);
        inside.delete(one);
      } else {
        one.load = Math.floor(random() * 4);
        one.usedOrder = ++used;
        pool.place(one);
        inside.add(one);
      }
      pair = draw();
      const chosen = pool.choose();
      if (scheme === "leastload") {
        const least = Math.min(...[...inside].map(({ load }) => load));
        assert.equal(chosen?.load ?? Infinity, least);
      } else if (scheme === "lru" || scheme === "pure") {
        assert.equal(chosen, chooseEngine(scheme, [...inside], pair[1]));
      } else if (inside.size === 0) assert.equal(chosen, undefined);
      else assert.ok(chosen !== undefined && inside.has(chosen));
    }
  });
}
