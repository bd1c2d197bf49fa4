import assert from "node:assert/strict";
import fc from "fast-check";
import {
  adapt,
  type AdaptRules,
  type EngineLoad,
  surplusEngines,
} from "./scale_policy.ts";

const RULES: AdaptRules = { min: 1, max: 4, idleMs: 100, tasksPerSlot: 1 };

function engine(engineId: number, tasks: number, idleMs = 0): EngineLoad {
  return { engineId, slots: 2, tasks, idleMs };
}

Deno.test("adapt() starts engines for tasks that wait, up to max", () => {
  const cases = [
    // engines, starting, waiting, how many start
    [[], 0, 0, 1],
    [[], 1, 0, 0],
    [[engine(0, 2)], 0, 3, 2],
    [[engine(0, 2)], 2, 3, 0],
    [[engine(0, 2)], 0, 1_000, 3],
  ] as const;
  for (const [engines, starting, waiting, start] of cases) {
    const decision = adapt({ engines, starting, waiting }, RULES);
    assert.deepEqual(decision, { start, stop: [] });
  }
});

Deno.test("adapt() stops the newest that have been idle for long", () => {
  const engines = [
    engine(0, 0, 500),
    engine(3, 0, 99),
    engine(5, 1),
    engine(7, 0, 100),
  ];
  const input = { engines, starting: 0, waiting: 0 };
  assert.deepEqual(adapt(input, RULES), { start: 0, stop: [7, 0] });
  assert.deepEqual(adapt(input, { ...RULES, min: 3 }).stop, [7]);
});

Deno.test("adapt() keeps the bounds and never stops what works", () => {
  const load = fc.record({
    engineId: fc.nat(50),
    slots: fc.integer({ min: 1, max: 8 }),
    tasks: fc.nat(3),
    idleMs: fc.nat(200),
  });
  fc.assert(fc.property(
    fc.uniqueArray(load, { selector: (one) => one.engineId, maxLength: 8 }),
    fc.nat(4),
    fc.nat(100),
    (engines, starting, waiting) => {
      const { start, stop } = adapt({ engines, starting, waiting }, RULES);
      const count = engines.length + starting;
      if (start > 0) assert.ok(count + start <= RULES.max);
      if (stop.length > 0) assert.ok(count - stop.length >= RULES.min);
      assert.ok(start === 0 || stop.length === 0);
      const stopped = engines.filter((one) => stop.includes(one.engineId));
      assert.ok(stopped.every((one) => one.tasks === 0));
    },
  ));
});

Deno.test("surplusEngines() takes idle ones first, then the newest", () => {
  const engines = [engine(0, 0), engine(1, 1), engine(2, 0), engine(3, 2)];
  assert.deepEqual(surplusEngines(engines, 1), [2]);
  assert.deepEqual(surplusEngines(engines, 3), [2, 0, 3]);
  assert.deepEqual(surplusEngines(engines, 9), [2, 0, 3, 1]);
});
