/**
 * The lines between processes of a real cluster are cut, silenced, slowed and
 * closed while tasks and values are on their way.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Client, ConnectionError, EngineLostError } from "../../mod.ts";
import { seededRandom } from "../../base/mod.ts";
import { eventually } from "../cli/ippd_process.ts";
import { type Lines, withProxiedSite } from "./proxied_site.ts";

const LINES = [
  "clientHub",
  "clientScheduler",
  "engineHub",
  "engineScheduler",
] as const satisfies readonly (keyof Lines)[];

/** How soon a cut line has to work again, on a machine that is very busy. */
const REGAINED_MAX_MS = 10_000;
/** How often each line is cut to see how soon it works again. */
const MEASURED_CUTS = 10;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Small tasks, values of 64 KiB there and back, and one that takes long. */
function submitAll(client: Client): Promise<void>[] {
  const view = client.loadBalancedView();
  const long = view.apply(async () => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    return "done";
  });
  const small = Array.from({ length: 1_000 }, async (_, index) => {
    assert.equal(await view.apply((x: number) => x * 3, index), index * 3);
  });
  const large = Array.from({ length: 64 }, async (_, index) => {
    const value = new Uint8Array(64 << 10).fill(index);
    const back = await view.apply(
      (bytes: Uint8Array) => bytes.map((byte) => byte + 1),
      value,
    );
    assert.deepEqual(back, new Uint8Array(64 << 10).fill(index + 1));
  });
  return [
    ...small,
    ...large,
    (async () => assert.equal(await long, "done"))(),
  ];
}

/** Sees that something which needs both lines of the engine works again. */
async function checkAnswers(client: Client): Promise<void> {
  assert.equal(await client.at(0).apply(() => 7), 7);
  // A question that is asked while the engine is away is not asked again.
  assert.ok(await eventually(() => client.interrupt([0]).then(isNone, isLost)));
}

function isNone(stopped: number): boolean {
  return stopped === 0;
}

function isLost(): boolean {
  return false;
}

Deno.test("no line loses a task or a value when it is cut again and again", async (t) => {
  await withProxiedSite(async ({ client, lines }) => {
    const random = seededRandom(7);
    for (const name of LINES) {
      await t.step(name, async () => {
        const all = submitAll(client);
        let cuts = 0;
        for (let count = 0; count < 6; count++) {
          await pause(50 + random() * 200);
          cuts += lines[name].cut();
        }
        await Promise.all(all);
        assert.ok(cuts >= 3, `${cuts} connections were cut`);
        assert.equal(client.outstanding, 0);
        assert.deepEqual(client.ids, [0]);
        await checkAnswers(client);
      });
    }
    await t.step("all at once", async () => {
      const all = submitAll(client);
      for (let count = 0; count < 4; count++) {
        await pause(300);
        for (const name of LINES) lines[name].cut();
      }
      await Promise.all(all);
      assert.deepEqual(client.ids, [0]);
      await checkAnswers(client);
    });
  });
});

Deno.test("a line that is cut works again soon", async () => {
  await withProxiedSite(async ({ client, lines }) => {
    await checkAnswers(client);
    for (const name of LINES) {
      const times: number[] = [];
      for (let count = 0; count < MEASURED_CUTS; count++) {
        await pause(300);
        const { made } = lines[name];
        const cutMs = performance.now();
        assert.equal(lines[name].cut(), 1);
        assert.ok(
          await eventually(() => Promise.resolve(lines[name].made > made)),
        );
        await checkAnswers(client);
        times.push(performance.now() - cutMs);
      }
      times.sort((one, other) => one - other);
      const [median = 0, longest = 0] = [
        times[times.length >> 1],
        times.at(-1),
      ];
      // deno-lint-ignore no-console -- a figure to be read
      console.log(
        `${name}: answers again ${Math.round(median)} ms after a cut, ` +
          `${Math.round(longest)} ms at most`,
      );
      assert.ok(longest < REGAINED_MAX_MS);
    }
  });
});

Deno.test("lines on which nothing arrives any more are given up and made anew", async () => {
  await withProxiedSite(async ({ client, lines }) => {
    await checkAnswers(client);
    const all = submitAll(client);
    await pause(100);
    const made = LINES.map((name) => lines[name].made);
    for (const name of LINES) lines[name].silence();
    await Promise.all(all);
    assert.deepEqual(client.ids, [0], "the engine was not given up");
    await checkAnswers(client);
    for (const [index, name] of LINES.entries()) {
      assert.ok(lines[name].made > (made[index] ?? 0), name);
    }
  });
});

Deno.test("slow lines lose nothing", async () => {
  await withProxiedSite(async ({ client, lines }) => {
    for (const name of ["clientScheduler", "engineScheduler"] as const) {
      lines[name].delayMs = 20;
      lines[name].bytesPerSecond = 8 << 20;
    }
    await Promise.all(submitAll(client));
    assert.equal(client.outstanding, 0);
  });
});

Deno.test("a cluster that is out of reach is waited for, and for no longer than asked", async (t) => {
  await t.step("back in time, everything goes on", async () => {
    await withProxiedSite(async ({ client, lines }) => {
      const all = submitAll(client);
      await pause(100);
      for (const name of ["clientHub", "clientScheduler"] as const) {
        lines[name].isClosed = true;
        lines[name].cut();
      }
      const later = client.loadBalancedView().apply(() => "submitted away");
      await pause(2_000);
      for (const name of LINES) lines[name].isClosed = false;
      await Promise.all(all);
      assert.equal(await later, "submitted away");
    });
  });
  await t.step("away for too long, every result says so", async () => {
    await withProxiedSite(async ({ client, lines }) => {
      const never = client.loadBalancedView().apply(() =>
        new Promise(() => {})
      );
      await pause(100);
      for (const name of LINES) {
        lines[name].isClosed = true;
        lines[name].cut();
      }
      const refused = await never.settled();
      assert.ok(refused[0]?.status === "rejected");
      assert.ok(refused[0].reason instanceof ConnectionError);
      assert.match(String(refused[0].reason), /Cannot reach the cluster again/);
      assert.equal(client.outstanding, 0);
    }, { reconnectTimeoutMs: 1_000 });
  });
});

Deno.test("a client that has not heard of an engine's end is told that it is lost", async () => {
  await withProxiedSite(async ({ client, lines, engine }) => {
    const view = client.at(0);
    assert.equal(await view.apply(() => 7), 7);
    lines.clientHub.silence();
    await engine.end("SIGKILL");
    const isLost = (error: unknown): boolean =>
      error instanceof EngineLostError && error.details.engineId === 0;
    await assert.rejects(async () => await view.apply(() => 8), isLost);
    // From now on the scheduler knows that there is no such engine.
    await assert.rejects(
      async () => await view.apply(() => 9),
      (error) => isLost(error) && /it is not in the cluster/.test(`${error}`),
    );
    assert.deepEqual(client.ids, [0]);
  });
});
