/**
 * What each rank of a job does and sees; ends with 1 when something is wrong.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type Mpi,
  MPI_REDUCTIONS,
  MPI_TAG_MAX,
  MpiAccess,
  type MpiArray,
  MpiError,
} from "../../mpi/mod.ts";

/** Three numbers of each class, the last two the ends of its range. */
const SAMPLES: readonly MpiArray[] = [
  new Int8Array([1, -128, 127]),
  new Uint8Array([1, 0, 255]),
  new Uint8ClampedArray([1, 0, 255]),
  new Int16Array([1, -(2 ** 15), 2 ** 15 - 1]),
  new Uint16Array([1, 0, 2 ** 16 - 1]),
  new Int32Array([1, -(2 ** 31), 2 ** 31 - 1]),
  new Uint32Array([1, 0, 2 ** 32 - 1]),
  new BigInt64Array([1n, -(2n ** 63n), 2n ** 63n - 1n]),
  new BigUint64Array([1n, 0n, 2n ** 64n - 1n]),
  new Float32Array([1, -0, Math.fround(1e38)]),
  new Float64Array([1, Number.MIN_VALUE, Number.MAX_VALUE]),
];

function copyOf<T extends MpiArray>(data: T): T {
  return structuredClone(data);
}

/** Every class of array arrives as it was sent, and is compared as it is. */
function everyClass(mpi: Mpi): void {
  const { rank, size } = mpi;
  for (const sample of SAMPLES) {
    const sent = copyOf(sample);
    const got = copyOf(sample);
    new Uint8Array(got.buffer).fill(0);
    mpi.sendReceive(sent, (rank + 1) % size, got, (rank + size - 1) % size);
    assert.deepEqual(got, sample);
    const all = mpi.allgather(sample);
    assert.equal(all.length, 3 * size);
    assert.deepEqual(all.subarray(3 * (size - 1)), sample);
    // A wrong type of element would compare or add wrongly.
    assert.deepEqual(mpi.allreduce(sample, "max"), sample);
    assert.deepEqual(mpi.allreduce(sample, "min"), sample);
  }
}

function pointToPoint(mpi: Mpi): void {
  const { rank, size } = mpi;
  mpi.barrier();
  if (rank === 0) {
    const sources: number[] = [];
    for (let count = 1; count < size; count++) {
      const into = new Float64Array(10);
      const receipt = mpi.receive(into);
      const { source } = receipt;
      assert.deepEqual(receipt, { source, tag: 40 + source, count: source });
      assert.deepEqual(
        [...into],
        Array.from({ length: 10 }, (_, at) => at < source ? source / 2 : 0),
      );
      sources.push(source);
    }
    assert.deepEqual(sources.sort(), Array.from(sources, (_, at) => at + 1));
  } else {
    mpi.send(new Float64Array(rank).fill(rank / 2), 0, 40 + rank);
  }
  mpi.barrier();
  assert.equal(mpi.probe(new Uint8Array()), undefined);
  // Nobody sends anything before all have looked.
  mpi.barrier();
  // Parts of a buffer, and nothing at all.
  const numbers = new Int32Array([9, 9, 9, 9, 9]);
  if (rank === 1) mpi.send(Int32Array.of(1, 2, 3).subarray(1), 0);
  if (rank === 0) mpi.receive(numbers.subarray(1, 3), 1, 0);
  if (rank === 0) assert.deepEqual([...numbers], [9, 2, 3, 9, 9]);
  if (rank === 1) mpi.send(new Uint8Array(), 0, MPI_TAG_MAX);
  if (rank === 0) {
    while (mpi.probe(new Uint8Array(), 1) === undefined);
    const { count, tag } = mpi.receive(new Uint8Array(), 1);
    assert.deepEqual([count, tag], [0, MPI_TAG_MAX]);
  }
  // The edges of a row of ranks have no neighbour on one side.
  const right = rank + 1 < size ? rank + 1 : undefined;
  const left = rank > 0 ? rank - 1 : undefined;
  const edge = Int16Array.of(-1);
  mpi.sendReceive(Int16Array.of(rank), right, edge, left, 3);
  assert.equal(edge[0], rank - 1);
}

function collectives(mpi: Mpi): void {
  const { rank, size } = mpi;
  const last = size - 1;
  const given = mpi.broadcast(new Float64Array(4).fill(rank), last);
  assert.deepEqual([...given], [last, last, last, last]);
  const whole = Uint16Array.from({ length: 2 * size }, (_, at) => at);
  const part = mpi.scatter(
    rank === last ? whole : undefined,
    new Uint16Array(2),
    last,
  );
  assert.deepEqual([...part], [2 * rank, 2 * rank + 1]);
  assert.deepEqual(mpi.gather(part, 1), rank === 1 ? whole : undefined);
  const into = new Uint16Array(2 * size);
  const gathered = mpi.gather(part, 0, into);
  assert.equal(gathered, rank === 0 ? into : undefined);
  assert.deepEqual(into, rank === 0 ? whole : new Uint16Array(2 * size));
  const mine = Float64Array.of(rank + 1, -rank);
  const ranks = Array.from({ length: size }, (_, at) => at);
  const expected = {
    sum: [ranks.reduce((a, b) => a + b + 1, 0), -last * size / 2],
    product: [ranks.reduce((a, b) => a * (b + 1), 1), 0],
    max: [size, 0],
    min: [1, -last],
  };
  for (const how of MPI_REDUCTIONS) {
    const plain = (all: Float64Array): number[] => [...all].map((n) => n + 0);
    assert.deepEqual(plain(mpi.allreduce(mine, how)), expected[how]);
    const inPlace = copyOf(mine);
    assert.equal(mpi.allreduce(inPlace, how, inPlace), inPlace);
    assert.deepEqual(plain(inPlace), expected[how]);
    assert.equal(mpi.allreduce(rank + 1, how), expected[how][0]);
    const reduced = mpi.reduce(mine, how, 1);
    assert.deepEqual(
      reduced && plain(reduced),
      rank === 1 ? expected[how] : undefined,
    );
  }
  assert.equal(mpi.allreduce(0.5), size / 2);
}

/** A mebi of numbers stays where it is. */
function large(mpi: Mpi): void {
  const buffer = new ArrayBuffer(8 << 20);
  const numbers = new Float64Array(buffer).fill(mpi.rank);
  mpi.allreduce(numbers, "sum", numbers);
  assert.equal(numbers.buffer, buffer);
  const sum = mpi.size * (mpi.size - 1) / 2;
  assert.ok(numbers.every((one) => one === sum));
}

/** What is wrong is refused on this rank alone, and the job goes on. */
function mistakes(mpi: Mpi): void {
  const { rank, size } = mpi;
  const some = new Float64Array(2);
  assert.throws(() => mpi.send(some, size), RangeError);
  assert.throws(() => mpi.send(some, -1), RangeError);
  assert.throws(() => mpi.send(some, 0.5), RangeError);
  assert.throws(() => mpi.send(some, 0, -1), RangeError);
  assert.throws(() => mpi.send(some, 0, MPI_TAG_MAX + 1), RangeError);
  assert.throws(() => mpi.receive(some, size), RangeError);
  assert.throws(() => mpi.broadcast(some, size), RangeError);
  assert.throws(() => mpi.allreduce(some, "mean" as never), RangeError);
  assert.throws(
    () => mpi.allreduce(some, "sum", new Float64Array(3)),
    RangeError,
  );
  assert.throws(() => mpi.allgather(some, new Float64Array(3)), RangeError);
  assert.throws(
    () => mpi.allreduce<MpiArray>(some, "sum", new Float32Array(2)),
    { name: "TypeError", message: /Float64Array into Float32Array/ },
  );
  assert.throws(() => mpi.send([1] as never, 0), {
    name: "TypeError",
    message: "Cannot give Array to MPI: a typed array of numbers is needed",
  });
  assert.throws(
    () => mpi.send(new Uint8Array(new SharedArrayBuffer(1)), 0),
    TypeError,
  );
  if (rank === 0) {
    assert.throws(() => mpi.scatter(some, some, 0), RangeError);
    assert.throws(() => mpi.scatter(undefined, some, 0), TypeError);
  }
  // More than fits: what MPI says becomes an exception.
  const sent = new Uint8Array(100);
  if (rank === 1) mpi.send(sent, 0, 7);
  if (rank === 0) {
    assert.throws(() => mpi.receive(new Uint8Array(50), 1, 7), (error) => {
      assert.ok(error instanceof MpiError);
      assert.equal(error.operation, "MPI_Recv");
      assert.ok(error.code > 0);
      assert.match(error.message, /^Cannot perform MPI_Recv: .*truncated/is);
      return true;
    });
  }
  mpi.barrier();
}

const access = new MpiAccess(Deno.args[0]);
const { mpi } = access;
assert.equal(mpi.size, Number(Deno.args[1]));
assert.equal(access.mpi, mpi);
for (const part of [everyClass, pointToPoint, collectives, large, mistakes]) {
  part(mpi);
}
// Each rank counts: a job in which one did nothing does not add up.
const done = mpi.allreduce(1);
if (mpi.rank === 0) {
  Deno.stdout.writeSync(new TextEncoder().encode(`${done} ranks\n`));
}
access.leave();
