import assert from "node:assert/strict";
import fc from "fast-check";
import {
  cleanText,
  FILTER_DEPTH_MAX,
  FILTER_VALUES_MAX,
  parseFilter,
  parseFilterJson,
  parseKeys,
  parseSort,
  QueryError,
} from "./filter_parser.ts";
import { matches } from "./filter_policy.ts";
import { GLOB_LENGTH_MAX, globMatches, parseGlob } from "./glob_policy.ts";
import { fields, filter, recordWith } from "./record_fixture_test.ts";

const RECORD = recordWith({
  id: "c-1",
  label: "sweep-7",
  tags: ["night", "cpu"],
  targets: [2, 5],
  engineId: 5,
  submittedMs: 1_000.5,
  attempts: 3,
  status: "error",
  error: { name: "RangeError", message: "too\nfar" },
  detached: true,
});

const FITS: readonly unknown[] = [
  {},
  { label: "sweep-7" },
  { label: { $eq: "sweep-7" } },
  { label: { $ne: "sweep-8" } },
  { reason: { $ne: "x" } },
  { reason: null },
  { reason: { $exists: false } },
  { label: { $exists: true } },
  { tags: "cpu" },
  { tags: { $all: ["cpu", "night"] } },
  { tags: { $all: [] } },
  { tags: { $in: ["gpu", "cpu"] } },
  { tags: { $nin: ["gpu"] } },
  { targets: { $gt: 4 } },
  { engineId: { $in: [5] } },
  { attempts: { $mod: [2, 1] } },
  { submittedMs: { $mod: [10, 0] } },
  { submittedMs: { $gt: 1_000, $lt: 1_001 } },
  { submittedMs: { $gte: 1_000.5, $lte: 1_000.5 } },
  { label: { $glob: "sweep-?" } },
  { label: { $glob: "*[5-9]" } },
  { label: { $glob: "[!a-f]*" } },
  { "error.name": "RangeError" },
  { "error.message": { $glob: "too*far" } },
  { detached: true },
  { label: { $gt: "sweep" }, status: { $in: ["error", "ok"] } },
  { $or: [{ label: "x" }, { attempts: { $gt: 2 } }] },
  { $and: [{ label: "sweep-7" }, { tags: "cpu" }] },
  { $not: { label: "x" } },
];

const FITS_NOT: readonly unknown[] = [
  { label: "sweep" },
  { label: null },
  { label: { $in: [] } },
  { reason: { $lt: "x" } },
  { reason: { $exists: true } },
  { tags: { $all: ["cpu", "gpu"] } },
  { tags: { $nin: ["gpu", "cpu"] } },
  { attempts: { $gt: 3 } },
  { attempts: { $lt: 3 } },
  { attempts: { $mod: [2, 0] } },
  { label: { $glob: "sweep" } },
  { "error.name": { $ne: "RangeError" } },
  { detached: false },
  { label: "sweep-7", status: "ok" },
  { $or: [{ label: "x" }] },
  { $not: {} },
];

Deno.test("matches finds what fits, and nothing else", () => {
  for (const wanted of FITS) {
    assert.ok(matches(parseFilter(wanted), RECORD), JSON.stringify(wanted));
  }
  for (const wanted of FITS_NOT) {
    assert.ok(!matches(parseFilter(wanted), RECORD), JSON.stringify(wanted));
  }
});

Deno.test("matches keeps to logic with any filters and records", () => {
  fc.assert(fc.property(filter, filter, fields, (one, two, some) => {
    const record = recordWith(some);
    const fits = (wanted: unknown): boolean =>
      matches(parseFilter(wanted), record);
    const [a, b] = [fits(one), fits(two)];
    assert.equal(fits({ $not: one }), !a);
    assert.equal(fits({ $and: [one, two] }), a && b);
    assert.equal(fits({ $or: [one, two] }), a || b);
  }));
});

const REFUSED: readonly (readonly [unknown, RegExp])[] = [
  [7, /an object of fields/],
  [[], /an object of fields/],
  [{ lable: "x" }, /"lable" is not known; did you mean label\?/],
  [{ submitted: 1 }, /did you mean submittedMs\?/],
  [{ constructor: 1 }, /"constructor" is not known/],
  [{ label: { $globb: "x" } }, /\$globb is not known; did you mean \$glob\?/],
  [{ label: { $gtee: "x" } }, /did you mean \$gte\?/],
  [{ $nor: [{}] }, /\$nor is not known; did you mean \$or\?/],
  [{ $in: ["x"] }, /\$in belongs inside a field/],
  [{ $or: [] }, /\$or takes a list/],
  [{ label: {} }, /label names no operator/],
  [{ label: 7 }, /\$eq of label takes a string, not 7/],
  [{ engineId: "7" }, /takes a number, not "7"/],
  [{ engineId: { $lt: Infinity } }, /takes a number/],
  [{ tags: ["a"] }, /takes a string/],
  [{ label: { $in: "x" } }, /\$in takes a list/],
  [{ engineId: { $glob: "*" } }, /\$glob is for texts/],
  [{ label: { $mod: [2, 0] } }, /\$mod is for numbers/],
  [{ engineId: { $mod: [0, 0] } }, /\$mod takes/],
  [{ engineId: { $mod: [2] } }, /\$mod takes/],
  [{ detached: { $lt: true } }, /orders no flags/],
  [{ label: { $exists: 1 } }, /\$exists takes true or false/],
];

Deno.test("parseFilter refuses what means nothing, and says what may be meant", () => {
  for (const [wanted, why] of REFUSED) {
    assert.throws(
      () => parseFilter(wanted),
      (error) => error instanceof QueryError && why.test(error.message),
      JSON.stringify(wanted),
    );
  }
  assert.throws(() => parseFilterJson("{"), QueryError);
  assert.throws(() => parseSort(["tags"]), QueryError);
  assert.throws(() => parseSort(["-nothing"]), QueryError);
  assert.throws(() => parseKeys(["nothing"]), QueryError);
  assert.deepEqual(parseKeys(["error"]), ["error.name", "error.message"]);
});

Deno.test("parseFilter keeps to its limits of depth, values and patterns", () => {
  let deep: unknown = {};
  for (let level = 0; level <= FILTER_DEPTH_MAX; level++) deep = { $not: deep };
  assert.throws(() => parseFilter(deep), /more than 16 levels/);
  const many = Array.from({ length: FILTER_VALUES_MAX + 1 }, () => "x");
  assert.throws(() => parseFilter({ id: { $in: many } }), /more than 10000/);
  parseFilter({ id: { $in: many.slice(1) } });
  const long = "*".repeat(GLOB_LENGTH_MAX + 1);
  assert.throws(() => parseFilter({ id: { $glob: long } }), QueryError);
});

Deno.test("globMatches agrees with a regular expression", () => {
  const pattern = fc.string({ maxLength: 8, unit: fc.constantFrom(..."ab*?") });
  const text = fc.string({ maxLength: 8, unit: fc.constantFrom(..."ab🙂") });
  fc.assert(fc.property(pattern, text, (glob, value) => {
    const source = glob.replaceAll("*", ".*").replaceAll("?", ".");
    const expected = new RegExp(`^${source}$`, "su").test(value);
    assert.equal(globMatches(parseGlob(glob), value), expected);
  }));
});

Deno.test("globMatches is not slowed down by many stars", () => {
  const steps = parseGlob("*a".repeat(GLOB_LENGTH_MAX / 2) + "b");
  assert.equal(globMatches(steps, "a".repeat(100_000)), false);
});

Deno.test("cleanText leaves what every store can keep", () => {
  assert.equal(cleanText("a\0b\uD800"), "a\uFFFDb\uFFFD");
  assert.equal(cleanText("🙂"), "🙂");
});
