import assert from "node:assert/strict";
import { type Client, type Cluster, connect } from "../../mod.ts";
import { readConnectionFile } from "../../security/mod.ts";
import { withCluster } from "../work/fixture.ts";
import { childOf } from "./processes.ts";

const LARGE_BYTES: number = 64 << 20;
/** Somewhere in the middle of a large value. */
const CUT_BYTES: number = 24 << 20;

/** Carries connections on; the first is cut after so many bytes. */
class CuttingProxy implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #target: Deno.ConnectOptions;
  readonly #open = new Set<Deno.Conn>();
  readonly #tasks: Promise<void>[] = [];
  #leftBytes = Infinity;
  cuts = 0;

  constructor(target: string) {
    const url = new URL(target.replace("tcp:", "http:"));
    this.#target = { hostname: url.hostname, port: Number(url.port) };
    this.#tasks.push(this.#serve());
  }

  get endpoint(): string {
    return `tcp://127.0.0.1:${this.#listener.addr.port}`;
  }

  cutAfter(bytes: number): void {
    this.#leftBytes = bytes;
  }

  async #serve(): Promise<void> {
    for await (const near of this.#listener) {
      const far = await Deno.connect(this.#target);
      for (const end of [near, far]) this.#open.add(end);
      this.#tasks.push(this.#carry(near, far), this.#carry(far, near));
    }
  }

  async #carry(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(64 << 10);
    try {
      for (;;) {
        const count = await from.read(buffer);
        if (count === null) break;
        this.#leftBytes -= count;
        if (this.#leftBytes <= 0) {
          this.#leftBytes = Infinity;
          this.cuts++;
          break;
        }
        for (let sent = 0; sent < count;) {
          sent += await to.write(buffer.subarray(sent, count));
        }
      }
    } catch {
      // One of the ends has gone.
    }
    this.#close(from);
    this.#close(to);
  }

  #close(end: Deno.Conn): void {
    if (this.#open.delete(end)) end.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const end of [...this.#open]) this.#close(end);
    await Promise.all(this.#tasks);
  }
}

function large(): Uint8Array {
  const bytes = new Uint8Array(LARGE_BYTES);
  new Uint32Array(bytes.buffer).forEach((_, index, words) => {
    words[index] = Math.imul(index, 2_654_435_761);
  });
  return bytes;
}

/** A client whose line to the scheduler is TCP, and can be cut. */
async function throughProxy(
  cluster: Cluster,
  direct: Client,
  story: (client: Client, proxy: CuttingProxy) => Promise<void>,
): Promise<void> {
  const [scheduler] = direct.schedulers;
  const endpoint = scheduler?.endpoints.find((one) => one.startsWith("tcp:"));
  assert.ok(endpoint);
  await using proxy = new CuttingProxy(endpoint);
  const info = await readConnectionFile(cluster.clientFile);
  const routes = { ...info.routes, [endpoint]: proxy.endpoint };
  for (const hub of info.hub) routes[hub] = hub;
  await using client = await connect({ ...info, routes });
  await client.waitForEngines(1);
  await story(client, proxy);
}

Deno.test("a large argument and a large result outlive a cut in their middle", async () => {
  await withCluster({ n: 1 }, async (direct, cluster) => {
    const data = large();
    await throughProxy(cluster, direct, async (client, proxy) => {
      const engine = client.at(0);
      proxy.cutAfter(CUT_BYTES);
      const echoed = engine.apply((bytes: Uint8Array) => bytes.length, data);
      assert.equal(await echoed, LARGE_BYTES);
      assert.equal(proxy.cuts, 1);
      await engine.push({ data });
      proxy.cutAfter(CUT_BYTES);
      assert.deepEqual(await engine.pull("data"), data);
      assert.equal(proxy.cuts, 2);
      // Small ones that went ahead of it are not lost either, nor is it.
      const before = Array.from(
        { length: 20 },
        () => client.loadBalancedView().apply(() => 1),
      );
      proxy.cutAfter(CUT_BYTES);
      const result = client.loadBalancedView().apply(
        (bytes: number) => new Uint8Array(bytes).fill(7),
        LARGE_BYTES,
      );
      const behind = Array.from(
        { length: 20 },
        () => client.loadBalancedView().apply(() => 2),
      );
      assert.equal((await result).at(-1), 7);
      assert.equal(proxy.cuts, 3);
      assert.equal((await Promise.all(before)).length, 20);
      assert.deepEqual(new Set(await Promise.all(behind)), new Set([2]));
    });
  });
});

Deno.test("large values outlive a scheduler that is killed in their middle", async () => {
  await withCluster({ n: 1 }, async (client, cluster) => {
    const controller = cluster.toJSON().controllerPid;
    const data = large();
    const view = client.loadBalancedView();
    const echo = (bytes: Uint8Array): Uint8Array => bytes;
    await view.apply(echo, new Uint8Array(1));
    for (const afterMs of [5, 60, 200]) {
      const scheduler = await childOf(controller, "scheduler");
      const echoed = view.apply(echo, data);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      Deno.kill(scheduler, "SIGKILL");
      assert.deepEqual(await echoed, data);
    }
  });
});
