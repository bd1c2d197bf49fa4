import assert from "node:assert/strict";
import { type ChannelScope, type EngineScope, RemoteError } from "../../mod.ts";
import { MpiAccess } from "../../mpi/mod.ts";
import { withCluster } from "../work/fixture.ts";
import { withMpiEngines } from "./mpi_engines.ts";
import { hasMpi, MPI_FLAVOURS } from "./mpiexec.ts";

declare const ippd: EngineScope & ChannelScope;
declare const progress: EngineScope["progress"];

for (const flavour of MPI_FLAVOURS) {
  const ignore = !hasMpi(flavour);

  Deno.test({
    name: `ippd.mpi is the job of engines that ${flavour} has started`,
    ignore,
    fn: () =>
      withMpiEngines(flavour, 3, [], async (client, job) => {
        const all = client.directView();
        const places = await all.apply(() => [
          ippd.rank,
          ippd.size,
          ippd.mpi.rank,
          ippd.mpi.size,
        ]);
        assert.deepEqual(
          places.sort(),
          [0, 1, 2].map((rank) => [rank, 3, rank, 3]),
        );
        // What cells declare stays, and goes through MPI where it is.
        await all.execute("const mine = Float64Array.of(ippd.rank, 1)");
        const cell = "ippd.mpi.allreduce(mine, 'sum', mine) === mine";
        assert.deepEqual(await all.execute(cell), [true, true, true]);
        const sums = await all.pull("mine");
        for (const sum of sums) assert.deepEqual(sum, Float64Array.of(3, 3));
        // An error of MPI is an error of the call, and the job goes on.
        const failing = all.apply(() => {
          const { rank } = ippd.mpi;
          if (rank === 1) ippd.mpi.send(new Uint8Array(9), 0);
          if (rank === 0) ippd.mpi.receive(new Uint8Array(3), 1);
        });
        const failed = (await failing.settled()).filter(({ status }) =>
          status === "rejected"
        );
        assert.equal(failed.length, 1);
        const reason = failed[0]?.status === "rejected" && failed[0].reason;
        assert.ok(reason instanceof RemoteError);
        assert.equal(reason.remoteName, "MpiError");
        assert.equal(reason.properties["operation"], "MPI_Recv");
        await all.apply(() => ippd.mpi.barrier());
        // All leave together: mpiexec has nothing to complain of.
        await client.shutdown();
        const { code, stderr } = await job.ended();
        assert.equal(code, 0, stderr);
        assert.doesNotMatch(stderr, /abort|abnormal|without calling/i);
      }),
  });

  Deno.test({
    name: `ippd.mpi says which slots are no ranks of ${flavour}`,
    ignore,
    fn: () =>
      withMpiEngines(flavour, 1, ["--slots", "2"], async (client) => {
        // Two tasks that wait have a slot each.
        const asked = [1, 2].map(() =>
          client.at(0).apply(async () => {
            await new Promise((resolve) => setTimeout(resolve, 100));
            return ippd.mpi.rank;
          })
        );
        const [one, other] = await Promise.allSettled(asked);
        const [joined, refused] = one?.status === "fulfilled"
          ? [one, other]
          : [other, one];
        assert.equal(joined?.status === "fulfilled" && joined.value, 0);
        assert.match(
          String(refused?.status === "rejected" && refused.reason),
          /only slot 0 of an engine is a rank/,
        );
      }),
  });

  Deno.test({
    name: `ippd.mpi tells a slot of ${flavour} that was started again`,
    ignore,
    fn: () =>
      withMpiEngines(flavour, 1, [], async (client) => {
        const view = client.at(0);
        await assert.rejects(async () => {
          await view.apply(() => Deno.exit(3));
        }, { name: "EngineLostError" });
        await assert.rejects(
          async () => void await view.apply(() => ippd.mpi.rank),
          /Cannot use MPI: this slot was started again, and a rank can join/,
        );
      }),
  });

  Deno.test({
    name: `code that waits in ippd.mpi of ${flavour} can be cancelled`,
    ignore,
    fn: () =>
      withMpiEngines(flavour, 2, [], async (client) => {
        const all = client.directView();
        const ranks = await all.apply(() => [ippd.mpi.rank, ippd.engineId]);
        const engineOf = (rank: number): number =>
          ranks.find(([one]) => one === rank)?.[1] ?? -1;
        const waiting = client.directView(engineOf(0)).apply(() => {
          progress(1, 2);
          ippd.mpi.receive(new Uint8Array(1), 1);
        });
        for await (const event of waiting.events()) {
          if (event.type === "progress") break;
        }
        waiting.cancel("nobody sends");
        await assert.rejects(async () => void await waiting, {
          name: "CancelledError",
        });
        // Both engines work on, and the other one is a rank still.
        assert.deepEqual(await all.apply(() => 1 + 1), [2, 2]);
        const other = client.directView(engineOf(1));
        assert.equal(await other.apply(() => ippd.mpi.rank), 1);
      }),
  });

  Deno.test({
    name: `ippd.mpi needs --allow-ffi in a sandbox under ${flavour}`,
    ignore,
    fn: () =>
      withMpiEngines(flavour, 1, ["--sandbox"], async (client) => {
        await assert.rejects(
          async () => void await client.at(0).apply(() => ippd.mpi.rank),
          /Cannot use MPI: the engine may not load libraries; start it with --allow-ffi/,
        );
      }),
  });
}

Deno.test("ippd.mpi says how to start engines where mpiexec has not", () =>
  withCluster({ n: 1 }, async (client) => {
    await assert.rejects(
      async () => void await client.at(0).apply(() => ippd.mpi.rank),
      /Cannot use MPI: this engine was not started by mpiexec; start engines by ippd cluster start --engines mpi/,
    );
  }));

Deno.test("ippd.mpi names the library that does not load", () => {
  for (const flavour of MPI_FLAVOURS) {
    assert.throws(
      () => new MpiAccess(flavour, "/nowhere/libmpi.so").mpi,
      /the library of \w+ does not load \(\/nowhere\/libmpi.so\); install it, or name it in IPPD_MPI_LIBRARY/,
    );
  }
});
