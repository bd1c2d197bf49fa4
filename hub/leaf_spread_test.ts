import assert from "node:assert/strict";
import * as fc from "fast-check";
import { LeafSpread } from "./leaf_spread.ts";

function always(): boolean {
  return true;
}

function never(): boolean {
  return false;
}

/** What happens to a spread, one letter for each: `+a` a leaf, `1` an engine. */
function spreadAfter(
  events: string,
  mayMove: (engine: string) => boolean = always,
): Record<string, number> {
  const spread = new LeafSpread();
  const leaves = new Set<string>();
  for (const event of events.split(" ")) {
    const name = event.slice(1);
    if (event.startsWith("+")) {
      leaves.add(name);
      spread.leafJoined(name);
      spread.even(mayMove);
    } else if (event.startsWith("-")) {
      if (leaves.delete(name)) spread.leafLeft(name);
      else spread.engineLeft(name);
    } else spread.leafOf(event);
  }
  return Object.fromEntries(
    [...leaves].map((leaf) => [leaf, spread.enginesOf(leaf)]),
  );
}

Deno.test("LeafSpread spreads engines as the table says", () => {
  const table: readonly [string, Record<string, number>][] = [
    ["1 2", {}],
    ["+a 1 2", { a: 2 }],
    ["+a +b 1 2 3", { a: 2, b: 1 }],
    ["+a +b 1 2 3 -1", { a: 1, b: 1 }],
    // A leaf that comes later gets its share of those that may move.
    ["+a 1 2 3 4 +b", { a: 2, b: 2 }],
    ["+a +b 1 2 3 4 5 6 +c", { a: 2, b: 2, c: 2 }],
    // Those of a leaf that is gone go to the others.
    ["+a +b 1 2 3 4 -a", { b: 4 }],
    ["+a +b +c 1 2 3 4 5 6 -a", { b: 3, c: 3 }],
    ["+a 1 2 -a", {}],
    ["+a 1 2 -a +b 1 2", { b: 2 }],
    // One that is named twice is one.
    ["+a 1 1 +a", { a: 1 }],
  ];
  for (const [events, expected] of table) {
    assert.deepEqual(spreadAfter(events), expected, events);
  }
  assert.deepEqual(spreadAfter("+a 1 2 3 4 +b 5", never), { a: 4, b: 1 });
});

Deno.test("LeafSpread.even() moves those that may, now and later", () => {
  const spread = new LeafSpread();
  spread.leafJoined("a");
  for (const engine of ["1", "2", "3", "4"]) spread.leafOf(engine);
  spread.leafJoined("b");
  assert.deepEqual(spread.even((engine) => engine === "3"), ["3"]);
  assert.deepEqual(spread.even(never), []);
  assert.deepEqual(spread.even((engine) => engine === "1"), ["1"]);
  assert.deepEqual(spread.even(always), []);
  assert.deepEqual(["a", "b"].map((leaf) => spread.enginesOf(leaf)), [2, 2]);
});

Deno.test("LeafSpread is even when everybody may move, and loses nobody", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(5), fc.nat(3)), { maxLength: 60 }),
      (steps) => {
        const spread = new LeafSpread();
        const leaves = new Set<string>();
        const engines = new Set<string>();
        for (const [index, [kind, which]] of steps.entries()) {
          const leaf = `l${which}`;
          if (kind === 0) {
            leaves.add(leaf);
            spread.leafJoined(leaf);
            spread.even(always);
          } else if (kind === 1 && leaves.delete(leaf)) spread.leafLeft(leaf);
          else engines.add(`e${index}`);
          for (const engine of engines) {
            assert.equal(
              leaves.has(spread.leafOf(engine) ?? ""),
              spread.size > 0,
            );
          }
          const sizes = [...leaves].map((one) => spread.enginesOf(one));
          assert.equal(spread.size, leaves.size);
          if (sizes.length === 0) continue;
          const sum = sizes.reduce((one, other) => one + other, 0);
          assert.equal(sum, engines.size);
          assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${sizes}`);
        }
      },
    ),
  );
});
