import assert from "node:assert/strict";
import { type DaskEngine, type DaskOptions, planDask } from "./dask_policy.ts";

const HERE: readonly DaskEngine[] = [
  { engineId: 3, host: "here", slots: 1 },
  { engineId: 5, host: "here", slots: 4 },
];
const SPREAD: readonly DaskEngine[] = [
  ...HERE,
  { engineId: 6, host: "there", slots: 1 },
];
const TLS = {
  caFile: "/c/ca.pem",
  certFile: "/c/cert.pem",
  keyFile: "/c/key.pem",
};

/** The value after a flag. */
function valueOf(words: readonly string[], flag: string): string | undefined {
  const at = words.indexOf(flag);
  return at < 0 ? undefined : words[at + 1];
}

Deno.test("planDask() starts a scheduler beside the first engine, and a worker beside each", () => {
  const { scheduler, workers } = planDask(HERE, {});
  assert.equal(scheduler.engine.engineId, 3);
  assert.deepEqual(scheduler.words.slice(0, 2), ["dask", "scheduler"]);
  const plans = workers("tcp://127.0.0.1:4");
  assert.deepEqual(plans.map(({ engine }) => engine.engineId), [3, 5]);
  for (const { engine, words } of plans) {
    assert.deepEqual(words.slice(0, 3), [
      "dask",
      "worker",
      "tcp://127.0.0.1:4",
    ]);
    assert.equal(valueOf(words, "--name"), `engine-${engine.engineId}`);
    assert.equal(valueOf(words, "--nthreads"), String(engine.slots));
  }
});

Deno.test("planDask() listens to this machine alone on one host", () => {
  const { scheduler, workers } = planDask(HERE, {});
  const all = [scheduler, ...workers("tcp://127.0.0.1:4")];
  for (const { words } of all) {
    assert.equal(valueOf(words, "--host"), "127.0.0.1");
    assert.equal(valueOf(words, "--dashboard-address"), "127.0.0.1:0");
  }
});

Deno.test("planDask() listens to the network only with TLS, or when told to", () => {
  const asked: readonly [readonly DaskEngine[], DaskOptions][] = [
    [SPREAD, {}],
    [HERE, { host: "10.0.0.1" }],
    [HERE, { host: "localhost" }],
  ];
  for (const [engines, options] of asked) {
    assert.throws(() => planDask(engines, options), {
      name: "TypeError",
      message: /^Cannot let dask listen at (here|10.0.0.1|localhost): whoever/,
    });
    const open = planDask(engines, { ...options, insecure: true });
    assert.ok(!open.scheduler.words.includes("--protocol"));
    const closed = planDask(engines, { ...options, tls: TLS });
    for (
      const { words } of [closed.scheduler, ...closed.workers("tls://a:4")]
    ) {
      assert.equal(valueOf(words, "--protocol"), "tls");
      assert.equal(valueOf(words, "--tls-ca-file"), TLS.caFile);
      assert.equal(valueOf(words, "--tls-cert"), TLS.certFile);
      assert.equal(valueOf(words, "--tls-key"), TLS.keyFile);
    }
  }
});

Deno.test("planDask() takes other programs, threads and arguments", () => {
  const { workers } = planDask(HERE, {
    program: ["/opt/python", "-m", "dask"],
    threads: 2,
    workerArgs: ["--memory-limit", "1GB"],
  });
  const [{ words } = { words: [] }] = workers("tcp://a:4");
  assert.deepEqual(words.slice(0, 4), ["/opt/python", "-m", "dask", "worker"]);
  assert.equal(valueOf(words, "--nthreads"), "2");
  assert.deepEqual(words.slice(-2), ["--memory-limit", "1GB"]);
});

Deno.test("planDask() refuses what cannot be", () => {
  assert.throws(() => planDask([], {}), {
    name: "RangeError",
    message: "Cannot start dask: there is no engine",
  });
  for (const threads of [0, -1, 1.5, NaN]) {
    assert.throws(() => planDask(HERE, { threads }), RangeError);
  }
});
