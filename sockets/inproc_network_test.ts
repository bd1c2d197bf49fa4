import { deepEqual, equal, rejects } from "node:assert/strict";
import { createInprocNetwork, createStreamPair } from "./inproc_network.ts";

const { signal } = new AbortController();

Deno.test("createInprocNetwork() connects by name", async () => {
  const network = createInprocNetwork();
  const listener = await network.listen("inproc://a");
  const accepting = listener.accept();
  const near = await network.connect("inproc://a", signal);
  const far = await accepting;
  equal(await near.write(new Uint8Array([1, 2, 3])), 3);
  const target = new Uint8Array(2);
  equal(await far.read(target), 2);
  deepEqual(target, new Uint8Array([1, 2]));
  equal(await far.read(target), 1);
  listener.close();
  await rejects(network.connect("inproc://a", signal), {
    name: "ConnectionError",
    message: "Cannot connect to inproc://a: nobody listens there",
  });
});

Deno.test("createInprocNetwork() gives out ports and refuses doubles", async () => {
  const network = createInprocNetwork();
  const one = await network.listen("tcp://hub:*");
  const other = await network.listen("tcp://hub:0");
  equal(one.endpoint === other.endpoint, false);
  await rejects(network.listen(one.endpoint), /in use/);
  one.close();
  one.close();
  (await network.listen(one.endpoint)).close();
  other.close();
});

Deno.test("createInprocNetwork() limits what waits to be accepted", async () => {
  const network = createInprocNetwork();
  const listener = await network.listen("inproc://a");
  for (let count = 0; count < 4096; count++) {
    await network.connect("inproc://a", signal);
  }
  await rejects(network.connect("inproc://a", signal), /nobody listens/);
  const first = await listener.accept();
  await network.connect("inproc://a", signal);
  listener.close();
  await rejects(listener.accept(), /closed/);
  first.close();
});

Deno.test("createStreamPair() makes a writer wait for its reader", async () => {
  const [near, far] = createStreamPair("inproc://far", "inproc://near");
  equal(await near.write(new Uint8Array(300_000)), 262_144);
  let written = 0;
  const writing = near.write(new Uint8Array(10).fill(7)).then((count) =>
    written = count
  );
  await Promise.resolve();
  equal(written, 0);
  equal(await far.read(new Uint8Array(262_140)), 262_140);
  await writing;
  equal(written, 10);
  const target = new Uint8Array(100);
  equal(await far.read(target), 14);
  deepEqual(
    target.subarray(0, 14),
    new Uint8Array([0, 0, 0, 0, ...Array(10).fill(7)]),
  );
});

Deno.test("createStreamPair() ends cleanly in both directions", async () => {
  const [near, far] = createStreamPair("inproc://far", "inproc://near");
  const reading = near.read(new Uint8Array(1));
  await far.write(new Uint8Array([5]));
  equal(await reading, 1);
  await far.write(new Uint8Array([6]));
  far.close();
  equal(await near.read(new Uint8Array(1)), 1);
  equal(await near.read(new Uint8Array(1)), null);
  await rejects(near.write(new Uint8Array(1)), /other end is closed/);
  await rejects(far.read(new Uint8Array(1)), /is closed/);
  await rejects(far.write(new Uint8Array(1)), { name: "ConnectionError" });
  near.close();
});

Deno.test("createStreamPair() settles what is pending when closed", async () => {
  const [near, far] = createStreamPair("inproc://far", "inproc://near");
  await near.write(new Uint8Array(262_144));
  const writing = rejects(near.write(new Uint8Array(1)));
  const reading = rejects(near.read(new Uint8Array(1)));
  near.close();
  await Promise.all([writing, reading]);
  equal(await far.read(new Uint8Array(300_000)), 262_144);
  equal(await far.read(new Uint8Array(1)), null);
});
