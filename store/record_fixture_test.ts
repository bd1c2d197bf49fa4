/**
 * Records for tests.
 *
 * @module
 */
import fc from "fast-check";
import type { TaskRecord } from "../messages/mod.ts";
import type { StoredTask } from "./task_store.ts";

/** A record with the given fields, and usual ones besides. */
export function recordWith(fields: Partial<TaskRecord>): TaskRecord {
  return {
    id: "c-0",
    client: "c",
    owner: "",
    tags: [],
    mode: "balanced",
    kind: "apply",
    targets: [],
    status: "ok",
    submittedMs: 1_000,
    attempts: 1,
    detached: false,
    stdout: "",
    stderr: "",
    outputDropped: 0,
    requestBytes: 10,
    resultBytes: 5,
    requestKept: "kept",
    resultKept: "kept",
    ...fields,
  };
}

/** A stored task with the given fields. */
export function taskWith(
  fields: Partial<TaskRecord>,
  bytes: { request?: Uint8Array; result?: Uint8Array } = {},
): StoredTask {
  return { record: recordWith(fields), ...bytes };
}

/** Few different texts, so that they meet, with what is special in them. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    "",
    "a",
    "b",
    "ab",
    "sweep-1",
    "a*b",
    "[x]",
    "é",
    "🙂",
    "\uFFFD",
  ),
  fc.string({
    maxLength: 4,
    unit: fc.constantFrom(..."ab*?[]-!^\\%_'\n🙂\uFF5E"),
  }),
);

const number = fc.oneof(
  fc.integer({ min: -5, max: 12 }),
  fc.constantFrom(0.5, -0.5, 1e12, 1.5e12),
);

function optional<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined });
}

/** Fields of a record in which filters may find something. */
export const fields: fc.Arbitrary<Partial<TaskRecord>> = fc.record({
  label: optional(text),
  tags: fc.array(text, { maxLength: 3 }),
  targets: fc.array(fc.nat(9), { maxLength: 3 }),
  status: fc.constantFrom("ok", "error", "queued", "running", "cancelled"),
  engineId: optional(fc.nat(4)),
  startedMs: optional(number),
  submittedMs: number,
  attempts: fc.nat(3),
  detached: fc.boolean(),
  reason: optional(text),
  error: optional(fc.record({ name: text, message: text })),
  stdout: text,
});

const TEXTS = ["label", "error.name", "reason", "stdout", "status"];
const NUMBERS = ["engineId", "startedMs", "submittedMs", "attempts"];

function condition(
  names: readonly string[],
  operators: fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  return fc.tuple(fc.constantFrom(...names), operators)
    .map(([name, operator]) => ({ [name]: operator }));
}

const glob = fc.oneof(
  fc.string({
    maxLength: 5,
    unit: fc.constantFrom(..."aab*?[]-!^\\.🙂"),
  }),
  // What is somewhere in a text is looked for in a way of its own.
  fc.string({ maxLength: 2, unit: fc.constantFrom(..."aab-%_'🙂") })
    .map((part) => `*${part}*`),
);

function comparisons(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown>[] {
  return ["$eq", "$ne", "$lt", "$lte", "$gt", "$gte"].map((name) =>
    value.map((operand) => ({ [name]: operand }))
  );
}

function lists(value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown>[] {
  return ["$in", "$nin", "$all"].map((name) =>
    fc.array(value, { maxLength: 3 }).map((operand) => ({ [name]: operand }))
  );
}

const exists = fc.boolean().map((operand) => ({ $exists: operand }));
const mod = fc.tuple(
  fc.constantFrom(1, 2, 3, -2),
  fc.integer({ min: -2, max: 2 }),
)
  .map((operand) => ({ $mod: operand }));
const globs = glob.map((operand) => ({ $glob: operand }));

const leaf: fc.Arbitrary<unknown> = fc.oneof(
  condition(
    [...TEXTS, "tags"],
    fc.oneof(text, ...comparisons(text), ...lists(text), globs, exists),
  ),
  condition(
    [...NUMBERS, "targets"],
    fc.oneof(number, ...comparisons(number), ...lists(number), mod, exists),
  ),
  condition(
    ["detached"],
    fc.oneof(fc.boolean(), ...lists(fc.boolean()), exists),
  ),
  fc.constant({ label: null }),
  fc.constant({}),
);

/** Filters of every kind, as JSON has them. */
export const filter: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  filter: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    leaf,
    fc.array(tie("filter"), { minLength: 1, maxLength: 3 })
      .map((parts) => ({ $and: parts })),
    fc.array(tie("filter"), { minLength: 1, maxLength: 3 })
      .map((parts) => ({ $or: parts })),
    tie("filter").map((part) => ({ $not: part })),
    fc.tuple(leaf, leaf).map(([a, b]) => ({ ...Object(a), ...Object(b) })),
  ),
})).filter;
