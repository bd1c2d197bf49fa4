/**
 * Channels between clients and engines, on real engines.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  CancelledError,
  type ChannelScope,
  ConnectionError,
  EngineLostError,
  RemoteError,
  TimeoutError,
} from "../../mod.ts";
import { withCluster } from "../work/fixture.ts";
import { until } from "./waiting.ts";

declare const ippd: ChannelScope & { readonly signal: AbortSignal };

/** Sends back whatever comes. */
async function echo(name: string): Promise<number> {
  const channel = ippd.channel(name, "client");
  let count = 0;
  for await (const value of channel) {
    await channel.send(value);
    count++;
  }
  return count;
}

/** Names one engine and one slot. */
function isRemote(name: string): (error: Error) => boolean {
  return (error) => error instanceof RemoteError && error.remoteName === name;
}

Deno.test("Channels join clients and engines", async (t) => {
  await withCluster({ n: 2 }, async (client, cluster) => {
    const [one, two] = [client.at(0), client.at(1)];
    const [first = 0, second = 0] = client.ids;

    await t.step("a value goes there and back as it was", async () => {
      await using channel = client.channel("echo", first);
      const result = one.apply(echo, "echo");
      const values = [
        1,
        "text",
        undefined,
        new Map([["k", new Set([1n])]]),
        { nested: [new Date(0), /x/g], typed: Float32Array.of(1, 2) },
      ];
      for (const value of values) {
        await channel.send(value);
        assert.deepEqual(await channel.receive(), value);
      }
      await channel.close();
      assert.equal(await result, values.length);
    });

    await t.step("what is sent before the other end opens waits", async () => {
      await one.apply(async () => {
        const channel = ippd.channel("early", "client");
        for (let n = 0; n < 3; n++) await channel.send(n);
      });
      const received: unknown[] = [];
      for await (const value of client.channel("early", first)) {
        received.push(value);
      }
      assert.deepEqual(received, [0, 1, 2]);
    });

    await t.step("10,000 messages stay in order", async () => {
      const result = one.apply(async (count: number) => {
        const channel = ippd.channel("many", "client");
        for (let n = 0; n < count; n++) await channel.send(n);
      }, 10_000);
      let next = 0;
      for await (const value of client.channel("many", first)) {
        if (value !== next) assert.equal(value, next);
        next++;
      }
      assert.equal(next, 10_000);
      await result;
    });

    await t.step("sends that nobody awaits stay in order", async () => {
      const channel = client.channel("unawaited", first);
      const result = one.apply(async () => {
        const channel = ippd.channel("unawaited", "client");
        let next = 0;
        for await (const value of channel) {
          if (value !== next++) return `${value} before ${next}`;
          if (next === 5_000) return "in order";
        }
        return "ended";
      });
      const sends: Promise<void>[] = [];
      for (let n = 0; n < 5_000; n++) sends.push(channel.send(n));
      await Promise.all(sends);
      assert.equal(await result, "in order");
    });

    await t.step("16 MiB go through in one piece", async () => {
      await using channel = client.channel("large", first);
      const result = one.apply(echo, "large");
      const large = new Float64Array((16 << 20) / 8);
      for (let n = 0; n < large.length; n++) large[n] = n * 0.5;
      await channel.send(large);
      const back = await channel.receive();
      assert.ok(back instanceof Float64Array);
      assert.deepEqual(back, large);
      const { length } = large;
      await channel.send(large, { transfer: [large.buffer] });
      assert.equal(large.length, 0);
      assert.equal((await channel.receive() as Float64Array).length, length);
      await channel.close();
      await result;
    });

    await t.step("a sender waits for a slow reader", async () => {
      const piece = new Uint8Array(1 << 20);
      const stuck = client.channel("stuck", first);
      const reader = one.apply(async () => {
        const channel = ippd.channel("stuck", "client");
        const gate = ippd.channel("gate", "client");
        await gate.receive();
        let count = 0;
        for await (const value of channel) {
          if (value === "end") break;
          count++;
        }
        return count;
      });
      const gate = client.channel("gate", first);
      let sent = 0;
      const writing = (async () => {
        for (let n = 0; n < 32; n++) {
          await stuck.send(piece);
          sent++;
        }
        await stuck.send("end");
      })();
      await assert.rejects(
        gate.receive({ timeoutMs: 500 }),
        TimeoutError,
      );
      // A window of 8 MiB holds seven pieces with what surrounds them.
      assert.equal(sent, 7);
      await gate.send("go");
      await writing;
      assert.equal(await reader, 32);
    });

    await t.step("engines talk to one another", async () => {
      const talk = async (peer: number, isFirst: boolean) => {
        const channel = ippd.channel("between", peer);
        if (isFirst) {
          await channel.send([ippd.engineId]);
          return await channel.receive();
        }
        const heard = await channel.receive();
        await channel.send([heard, ippd.engineId]);
        return heard;
      };
      const results = await Promise.all([
        one.apply(talk, second, true),
        two.apply(talk, first, false),
      ]);
      assert.deepEqual(results, [[[first], second], [first]]);
    });

    await t.step("what cannot be is refused by name", async () => {
      assert.throws(() => client.channel("x", 99), /engine 99/);
      assert.throws(
        () => client.channel("x", { engineId: first, slot: 7 }),
        /slot 7/,
      );
      assert.throws(() => client.channel("", first), TypeError);
      await assert.rejects(
        async () => await one.apply(() => ippd.channel("x", 99).receive()),
        /engine 99 is not in the cluster/,
      );
      await assert.rejects(
        async () => await one.apply(() => ippd.channel("x", "hub" as "client")),
        isRemote("TypeError"),
      );
    });

    await t.step("a task that waits on a channel is cancelled", async () => {
      await one.push({ kept: 1 });
      const channel = client.channel("waits", first);
      const result = one.apply(async () => {
        const channel = ippd.channel("waits", "client");
        await channel.send("waiting");
        await channel.receive();
      });
      assert.equal(await channel.receive(), "waiting");
      result.cancel("enough");
      await assert.rejects(async () => await result, CancelledError);
      await assert.rejects(
        channel.receive(),
        (error: Error) =>
          error instanceof ConnectionError && /stopped/.test(error.message),
      );
      assert.equal(await one.pull("kept"), 1);
    });

    await t.step(
      "a task that is busy after a message is cancelled",
      async () => {
        const channel = client.channel("busy", first);
        const result = one.apply(async () => {
          const channel = ippd.channel("busy", "client");
          await channel.send("busy soon");
          await channel.receive();
          for (;;);
        });
        await channel.receive();
        await channel.send("now");
        await new Promise((resolve) => setTimeout(resolve, 100));
        result.cancel("enough");
        await assert.rejects(async () => await result, CancelledError);
        await assert.rejects(channel.receive(), ConnectionError);
        assert.equal(await one.pull("kept"), 1);
      },
    );

    await t.step("a task that fails ends its channels", async () => {
      const channel = client.channel("fails", first);
      const result = one.apply(async () => {
        await ippd.channel("fails", "client").send("soon");
        throw new Error("on purpose");
      });
      assert.equal(await channel.receive(), "soon");
      await assert.rejects(channel.receive(), ConnectionError);
      await assert.rejects(async () => await result, RemoteError);
    });

    await t.step("a cell's channel lives on", async () => {
      const channel = client.channel("cells", first);
      await one.execute(`const line = ippd.channel("cells", "client")`);
      await channel.send(20);
      assert.equal(await one.execute(`await line.receive() + 1`), 21);
      const next = one.execute(`await line.receive()`);
      next.cancel();
      await assert.rejects(async () => await next, CancelledError);
      await channel.send(30);
      assert.equal(await one.execute(`await line.receive() + 1`), 31);
      await one.execute(`await line.close()`);
      assert.equal(await channel.ended, undefined);
    });

    await t.step("two clients do not hear one another", async () => {
      await using other = await cluster.connect();
      const mine = client.channel("private", first);
      const theirs = other.channel("private", first);
      const result = one.apply(echo, "private");
      await mine.send("mine");
      assert.equal(await mine.receive(), "mine");
      await assert.rejects(theirs.receive({ timeoutMs: 200 }), TimeoutError);
      await mine.close();
      assert.equal(await result, 1);
    });

    await t.step("a client that goes ends its channels", async () => {
      const other = await cluster.connect();
      const channel = other.channel("going", first);
      await two.execute(`let heard = "nothing"`);
      void other.at(0).apply(echo, "going").catch(() => {});
      await channel.send(1);
      await channel.receive();
      await other.close();
      await assert.rejects(channel.receive(), ConnectionError);
      await assert.rejects(channel.send(1), ConnectionError);
      assert.throws(() => other.channel("late", first), ConnectionError);
      // The engine is free again: the task has ended with its client.
      assert.equal(await one.apply(() => "free"), "free");
    });

    await t.step("an engine that is killed is named at both ends", async () => {
      const channel = client.channel("killed", second);
      const lost = two.apply(echo, "killed");
      await channel.send(1);
      await channel.receive();
      const waiting = channel.receive();
      const between = one.apply(
        (peer: number) => ippd.channel("lonely", peer).receive(),
        second,
      );
      const pid = client.engines.find(({ engineId }) => engineId === second)
        ?.pid;
      assert.ok(pid !== undefined);
      Deno.kill(pid, "SIGKILL");
      await assert.rejects(waiting, (error: Error) => {
        assert.ok(error instanceof EngineLostError);
        return error.engineId === second;
      });
      await assert.rejects(channel.send(1), EngineLostError);
      await assert.rejects(
        async () => await between,
        isRemote("EngineLostError"),
      );
      await assert.rejects(async () => await lost, EngineLostError);
      await until(() => client.ids.length === 1);
    });
  });
});

Deno.test("Channels find the slots of engines with several", async (t) => {
  await withCluster({ n: 1, slots: 2 }, async (client) => {
    const [id = 0] = client.ids;

    await t.step("two slots of one engine talk", async () => {
      const results = await client.directView([id, id]).apply(
        async (engineId: number) => {
          const channel = ippd.channel("inside", engineId);
          await channel.send(Deno.pid);
          return [Deno.pid, await channel.receive()];
        },
        id,
      );
      const [[mine, theirs], [other, back]] = results as [
        [number, number],
        [number, number],
      ];
      assert.deepEqual([theirs, back], [other, mine]);
      assert.notEqual(mine, other);
    });

    await t.step("a slot that is killed ends its channels only", async () => {
      const dying = client.channel("dying", id);
      const lost = client.at(0).apply(async () => {
        const channel = ippd.channel("dying", "client");
        await channel.receive();
        Deno.kill(Deno.pid, "SIGKILL");
      });
      const kept = client.channel("kept", id);
      const other = client.at(0).apply(echo, "kept");
      await kept.send(1);
      await kept.receive();
      await dying.send("die");
      await assert.rejects(dying.receive(), EngineLostError);
      await assert.rejects(async () => await lost, EngineLostError);
      await kept.send(2);
      assert.equal(await kept.receive(), 2);
      await kept.close();
      assert.equal(await other, 2);
      // The slot's next process opens channels anew.
      const again = client.channel("again", { engineId: id, slot: 0 });
      await client.at(0).execute(
        `ippd.slot === 0 && await ippd.channel("again", "client").send(7)`,
      );
      assert.equal(await again.receive(), 7);
    });
  });
});
