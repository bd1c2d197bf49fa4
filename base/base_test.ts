import assert from "node:assert/strict";
import fc from "fast-check";
import {
  CompositeError,
  createLogger,
  Deque,
  IppdError,
  LimitError,
  meanAfter,
  prefetchDepth,
  ProtocolError,
  randomWord,
  RemoteError,
  seededRandom,
  TimeoutError,
  VirtualClock,
} from "./mod.ts";

Deno.test("Deque does what an array does", () => {
  const step = fc.oneof(
    fc.record({ what: fc.constant("push"), item: fc.nat() }),
    fc.record({ what: fc.constant("unshift"), item: fc.nat() }),
    fc.record({ what: fc.constant("shift"), item: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const deque = new Deque<number>();
      const array: number[] = [];
      for (const { what, item } of steps) {
        if (what === "push") {
          deque.push(item);
          array.push(item);
        } else if (what === "unshift") {
          deque.unshift(item);
          array.unshift(item);
        } else assert.equal(deque.shift(), array.shift());
        assert.equal(deque.peek(), array[0]);
        assert.equal(deque.length, array.length);
        assert.deepEqual([...deque], array);
      }
    }),
  );
});

Deno.test("VirtualClock fires timers in the order they are due", () => {
  const clock = new VirtualClock();
  const fired: string[] = [];
  clock.setTimer(20, () => fired.push(`b@${clock.now()}`));
  clock.setTimer(10, () => {
    fired.push(`a@${clock.now()}`);
    clock.setTimer(5, () => fired.push(`c@${clock.now()}`));
  });
  clock.setTimer(10, () => fired.push("never")).cancel();
  clock.setTimer(99, () => fired.push("later"));
  clock.advance(30);
  assert.deepEqual(fired, ["a@10", "c@15", "b@20"]);
  assert.equal(clock.now(), 30);
  assert.equal(clock.pending, 1);
});

Deno.test("IppdError counts composite errors and no others", () => {
  const composite = new CompositeError([new LimitError("x")]);
  assert.ok(composite instanceof AggregateError);
  assert.ok(composite instanceof IppdError);
  assert.ok(new LimitError("x") instanceof IppdError);
  assert.ok(!(new Error("x") instanceof IppdError));
  assert.ok(!(new LimitError("x") instanceof TimeoutError));
  assert.equal(new ProtocolError("x").code, "PROTOCOL");
});

Deno.test("CompositeError groups identical errors", () => {
  const remote = (engineId: number): RemoteError =>
    new RemoteError({
      remoteName: "RangeError",
      remoteMessage: "too far",
      remoteStack: "",
      engineId,
      taskId: `t${engineId}`,
      properties: {},
    });
  const kinds = ["a", "b", "c", "d"].map((text) => new LimitError(text));
  const error = new CompositeError([remote(0), remote(1), ...kinds]);
  assert.equal(
    error.message,
    "6 failed: RangeError: too far (2 times); LimitError: a; LimitError: b; LimitError: c; and 1 other kinds",
  );
});

Deno.test("prefetchDepth fetches short tasks ahead and long ones not", () => {
  const bounds = { coverMs: 2, tasksMax: 64 };
  for (
    const [mean, depth] of [
      [undefined, 1],
      [0, 64],
      [0.1, 21],
      [1, 3],
      [5, 1],
    ] as const
  ) assert.equal(prefetchDepth(mean, bounds), depth);
});

Deno.test("meanAfter moves a fifth of the way to the newest task", () => {
  assert.equal(meanAfter(undefined, 8), 8);
  assert.equal(meanAfter(10, 20), 12);
});

Deno.test("seededRandom repeats itself and stays in range", () => {
  const [a, b, c] = [seededRandom(7), seededRandom(7), seededRandom(8)];
  const numbers = Array.from({ length: 1000 }, () => a());
  assert.deepEqual(numbers, Array.from({ length: 1000 }, () => b()));
  assert.notEqual(numbers[0], c());
  assert.ok(numbers.every((number) => number >= 0 && number < 1));
  const mean = numbers.reduce((sum, number) => sum + number) / 1000;
  assert.ok(mean > 0.45 && mean < 0.55);
});

Deno.test("randomWord makes words of letters and digits", () => {
  assert.match(randomWord(200), /^[0-9a-z]{200}$/);
  assert.notEqual(randomWord(), randomWord());
});

Deno.test("createLogger writes lines for people and for programs", () => {
  const lines: string[] = [];
  const options = {
    write: (line: string) => void lines.push(line),
    now: () => 0,
  };
  const log = createLogger(options).with({ engine: 3 });
  log.debug("too chatty");
  log.info("engine registers", { host: "a b", none: undefined });
  createLogger({ ...options, format: "json", level: "debug" })
    .debug("seen", { error: 1 });
  assert.deepEqual(lines, [
    '1970-01-01T00:00:00.000Z info  engine registers engine=3 host="a b"',
    '{"time":"1970-01-01T00:00:00.000Z","level":"debug","event":"seen","error":1}',
  ]);
});
