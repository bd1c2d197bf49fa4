import assert from "node:assert/strict";
import fc from "fast-check";
import { ConnectionError, EngineLostError } from "../base/mod.ts";
import { groupOf } from "./pair_fixture_test.ts";

const SIZES: readonly number[] = [1, 2, 3, 4, 5, 7, 8, 9];

Deno.test("GroupEnd gives every collective its value, at any size and root", async () => {
  for (const size of SIZES) {
    for (const root of new Set([0, size - 1, size >> 1])) {
      const group = groupOf(size);
      const ranks = group.map(({ rank }) => rank);
      const all = await Promise.all(group.map(async (member) => {
        const { rank } = member;
        const isRoot = rank === root;
        await member.barrier();
        return [
          await member.broadcast(isRoot ? { from: rank } : undefined, root),
          await member.scatter(isRoot ? ranks : undefined, root),
          await member.gather(rank * 10, root),
          await member.allgather(String(rank)),
          await member.reduce(String(rank), (a, b) => a + b, root),
          await member.allreduce(rank + 1, "sum"),
          await member.allreduce(BigInt(rank + 1), "product"),
        ];
      }));
      for (const [rank, values] of all.entries()) {
        const isRoot = rank === root;
        let product = 1n;
        for (const other of ranks) product *= BigInt(other + 1);
        assert.deepEqual(values, [
          { from: root },
          rank,
          isRoot ? ranks.map((other) => other * 10) : undefined,
          ranks.map(String),
          isRoot ? ranks.join("") : undefined,
          size * (size + 1) / 2,
          product,
        ]);
      }
    }
  }
});

Deno.test("GroupEnd.allreduce() of arrays gives all members the same sum", async () => {
  await fc.assert(fc.asyncProperty(
    fc.integer({ min: 1, max: 9 }),
    fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), {
      minLength: 1,
      maxLength: 20,
    }),
    async (size, numbers) => {
      const inputs = Array.from(
        { length: size },
        (_, rank) => Float64Array.from(numbers, (x) => x * (rank + 1)),
      );
      const kept = inputs.map((input) => input.slice());
      const results = await Promise.all(
        groupOf(size).map((member, rank) =>
          member.allreduce(inputs[rank] ?? new Float64Array(0), "sum")
        ),
      );
      for (const [index, first] of (results[0] ?? []).entries()) {
        let sum = 0;
        for (const input of kept) sum += input[index] ?? 0;
        assert.ok(Math.abs(first - sum) <= 1e-9 * Math.max(1, Math.abs(sum)));
      }
      for (const result of results) assert.deepEqual(result, results[0]);
      assert.deepEqual(inputs, kept);
      assert.equal(new Set(results).size, size);
      assert.ok(results.every((result) => !inputs.includes(result)));
    },
  ));
});

Deno.test("GroupEnd.barrier() lets nobody go before all have come", async () => {
  const group = groupOf(5);
  let arrived = 0;
  await Promise.all(group.map(async (member, rank) => {
    for (let wait = 0; wait < rank * 7; wait++) await Promise.resolve();
    arrived++;
    await member.barrier();
    assert.equal(arrived, 5);
  }));
});

Deno.test("GroupEnd collectives that are called at once do not mix", async () => {
  const results = await Promise.all(
    groupOf(4).map((member) =>
      Promise.all(
        Array.from(
          { length: 20 },
          (_, n) => member.allreduce(n * 10 + member.rank, "max"),
        ),
      )
    ),
  );
  const expected = Array.from({ length: 20 }, (_, n) => n * 10 + 3);
  for (const values of results) assert.deepEqual(values, expected);
});

Deno.test("GroupEnd.send() goes beside collectives", async () => {
  const [first, second] = groupOf(2);
  assert.ok(first !== undefined && second !== undefined);
  await first.send(1, "beside");
  const [sum] = await Promise.all([
    first.allreduce(1, "sum"),
    second.allreduce(2, "sum"),
  ]);
  assert.equal(sum, 3);
  assert.equal(await second.receive(0), "beside");
});

Deno.test("GroupEnd says so when members call different collectives", async () => {
  const [first, second] = groupOf(2);
  assert.ok(first !== undefined && second !== undefined);
  const ends = await Promise.allSettled([
    first.barrier(),
    second.allreduce(1, "sum"),
  ]);
  const reasons = ends.flatMap((end) =>
    end.status === "rejected" ? [String(end.reason)] : []
  );
  assert.ok(reasons.some((reason) => /calls (barrier|allreduce)/.test(reason)));
});

Deno.test("GroupEnd.lost() fails everybody who waits", async () => {
  const group = groupOf(4);
  const waiting = group.slice(1).map((member) => member.barrier());
  const error = new EngineLostError("lost", { engineId: 0, taskId: "" });
  for (const member of group.slice(1)) member.lost(error);
  for (const wait of waiting) await assert.rejects(wait, EngineLostError);
  await assert.rejects(async () => await group[1]?.barrier(), EngineLostError);
});

Deno.test("GroupEnd ends for all when one member fails", async () => {
  const group = groupOf(3);
  const waiting = group.slice(1).map((member) => member.allreduce(1, "sum"));
  await assert.rejects(
    async () =>
      await group[0]?.allreduce(1, () => {
        throw new Error("cannot add");
      }),
    /cannot add/,
  );
  for (const wait of waiting) {
    await assert.rejects(wait, (error: Error) => {
      assert.ok(error instanceof ConnectionError);
      return /rank 0 has given up/.test(error.message);
    });
  }
});

Deno.test("GroupEnd.taskStopped() ends the group that the task uses", async () => {
  const [first, second] = groupOf(2);
  assert.ok(first !== undefined && second !== undefined);
  first.taskStopped("another task");
  const waiting = second.barrier();
  first.taskStopped("task 0");
  await assert.rejects(waiting, /its task failed or was stopped/);
});

Deno.test("GroupEnd.close() leaves the others what was sent", async () => {
  const [first, second] = groupOf(2);
  assert.ok(first !== undefined && second !== undefined);
  await first.send(1, "last words");
  await first.close();
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  assert.equal(await second.receive(0), "last words");
  await assert.rejects(second.receive(0), ConnectionError);
  await assert.rejects(second.barrier(), ConnectionError);
});

Deno.test("GroupEnd refuses ranks, lists and operations that make no sense", async () => {
  const [first] = groupOf(2);
  assert.ok(first !== undefined);
  assert.throws(() => first.broadcast(1, 2), RangeError);
  assert.throws(() => first.scatter([1]), RangeError);
  await assert.rejects(first.send(0, "to itself"), RangeError);
  await assert.rejects(first.receive(-1), RangeError);
  assert.throws(() => first.allreduce(1, "mean" as "sum"), TypeError);
});
