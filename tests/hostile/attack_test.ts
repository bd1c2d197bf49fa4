// deno-lint-ignore-file no-console -- the inputs tried belong to the result
import assert from "node:assert/strict";
import { type Client, connect } from "../../mod.ts";
import { type ConnectionInfo, readConnectionFile } from "../../security/mod.ts";
import {
  type IppdProcess,
  runIppd,
  startController,
  startIppd,
  withIppdDir,
} from "../cli/ippd_process.ts";
import { encodeEnvelopes } from "../../messages/mod.ts";
import { Attacker, dial, type Prey, serversOf } from "./attacker.ts";
import { Greedy } from "./greedy.ts";
import { SAMPLES } from "./samples.ts";

const ROUNDS = 12;
const TASKS = 250;
/** Questions whose answers would fill gigabytes. */
const ASKED_MAX = 4_000_000;
/** Far above what hub and scheduler need, far below what was asked for. */
const MEMORY_BYTES_MAX = 700 * 1024 ** 2;

interface Site {
  readonly controller: IppdProcess;
  readonly client: Client;
  readonly prey: Prey;
  /** A key of the cluster, for somebody who will abuse it. */
  readonly badKey: (role: string, name: string) => Promise<ConnectionInfo>;
}

/** A cluster with two engines and somebody who only wants to work. */
async function withSite(
  story: (site: Site) => Promise<void>,
  causesMin = 0,
): Promise<void> {
  await withIppdDir(async (folder) => {
    const { process, clientFile, engineFile } = await startController(folder);
    await using controller = process;
    await using _one = startIppd(folder, "engine", "--connect", engineFile);
    await using _two = startIppd(folder, "engine", "--connect", engineFile);
    await using client = await connect(clientFile);
    await client.waitForEngines(2);
    const first = client.loadBalancedView().apply(() => 1);
    const [id = ""] = first.taskIds;
    assert.equal(await first, 1);
    await story({
      controller,
      client,
      prey: {
        client: id.replace(/-\d+$/, ""),
        engines: client.engines.map(({ routingId }) => routingId),
      },
      async badKey(role, name) {
        const out = `${folder}/${name}.json`;
        const words = ["--role", role, "--name", name, "--out", out];
        const { code, stderr } = await runIppd(folder, "keys", "new", ...words);
        assert.equal(code, 0, stderr);
        await controller.says(new RegExp(`key allowed name=${name}`));
        return await readConnectionFile(out);
      },
    });
    const { code, stderr } = await controller.end("SIGTERM");
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /callback failed|Uncaught|\n {4}at /);
    const said = stderr.split("\n").filter((line) => line.includes("said once"))
      // The time, the port and the routing id differ; the cause must not.
      .map((line) =>
        line.replace(/^\S+ /, "").replace(/peer=\S+ /, "")
          .replace(/address=\S+ /, "")
      );
    assert.ok(said.length >= causesMin, stderr);
    const causes = new Map<string, number>();
    for (const line of said) causes.set(line, (causes.get(line) ?? 0) + 1);
    for (const [line, times] of causes) {
      // Hub and scheduler each say it, for each of the two bad keys.
      assert.ok(times <= 4, `${times} times: ${line}`);
    }
  });
}

/** Honest work: every result is right, in its place. */
async function work(client: Client, between: () => void): Promise<void> {
  const inputs = Array.from({ length: TASKS }, (_, index) => index);
  for (let round = 0; round < ROUNDS; round++) {
    const result = client.loadBalancedView().map(
      (n: number) => n * n,
      inputs,
    );
    between();
    assert.deepEqual(await result, inputs.map((n) => n * n));
  }
}

async function expectHealth(client: Client): Promise<void> {
  const { processes } = await client.status();
  const engines = processes.filter(({ role, key }) =>
    role === "engine" && key === "engine"
  );
  assert.equal(engines.length, 2);
  for (const { role, memoryBytes } of processes) {
    assert.ok(memoryBytes < MEMORY_BYTES_MAX, `${role}: ${memoryBytes}`);
  }
}

Deno.test("a client and an engine that attack with good keys harm nobody", async () => {
  await withSite(async ({ client, prey, badKey }) => {
    const mallory = await badKey("client", "mallory");
    const trojan = await badKey("engine", "trojan");
    const { hub, scheduler } = await serversOf(mallory);
    await using sockets = new AsyncDisposableStack();
    const attackers: Attacker[] = [];
    for (const [seed, info] of [mallory, trojan].entries()) {
      const pair = [
        sockets.use(await dial(info, hub, `x-${seed}`)),
        sockets.use(await dial(info, scheduler, `x-${seed}`)),
      ];
      attackers.push(new Attacker(pair, prey, seed + 1));
    }
    await work(client, () => {
      for (const attacker of attackers) attacker.attack();
    });
    const said = attackers.reduce((sum, attacker) => sum + attacker.said, 0);
    console.log(
      `${said} hostile messages while ${ROUNDS * TASKS} tasks were done`,
    );
    assert.ok(said > 1_000, `${said}`);
    await expectHealth(client);
  }, 10);
});

Deno.test("another key cannot take a routing id, connected or expected back", async () => {
  await withSite(async ({ client, prey, badKey }) => {
    const mallory = await badKey("client", "mallory");
    const trojan = await badKey("engine", "trojan");
    const { hub, scheduler } = await serversOf(mallory);
    const ids = [prey.client, ...prey.engines];
    let heard = 0;
    for (const info of [mallory, trojan]) {
      for (const target of [hub, scheduler]) {
        for (const id of ids) {
          const { promise, resolve } = Promise.withResolvers<Error>();
          const socket = await dial(info, target, id, () => heard++, resolve);
          assert.match((await promise).message, /taken by another key/);
          await socket.close({ lingerMs: 0 });
        }
      }
    }
    assert.equal(heard, 0);
    await work(client, () => {});
    await expectHealth(client);
  });
});

Deno.test("strangers at the door, hundreds at a time, keep nobody out", async () => {
  await withSite(async ({ client, badKey }) => {
    const someone = await badKey("client", "someone");
    const { hub, scheduler } = await serversOf(someone);
    const ports = [hub, scheduler].map(({ endpoints: [endpoint = ""] }) =>
      Number(endpoint.split(":").at(-1))
    );
    const conns: Deno.Conn[] = [];
    for (let count = 0; count < 300; count++) {
      for (const port of ports) conns.push(await Deno.connect({ port }));
    }
    // They say a byte now and then, and read nothing.
    await work(client, () => {
      for (const conn of conns) {
        conn.write(new Uint8Array([0xff])).catch(() => {});
      }
    });
    const late = await connect(someone);
    assert.equal((await late.status()).processes.length, 4);
    await late.close();
    for (const conn of conns) conn.close();
    await expectHealth(client);
  });
});

Deno.test("a client that asks for a lot and reads nothing has to wait", async () => {
  await withSite(async ({ client, badKey }) => {
    const sloth = await badKey("client", "sloth");
    const { hub } = await serversOf(sloth);
    await using greedy = await Greedy.connect(sloth, hub);
    const [message] = [SAMPLES["status_request"]];
    const envelopes = new Array(128).fill({ message, payload: [] });
    const frames = encodeEnvelopes(envelopes);
    let asked = 0;
    while (asked < ASKED_MAX && await greedy.ask(frames)) {
      asked += envelopes.length;
    }
    console.log(`${asked} questions were taken before the hub read no more`);
    assert.ok(asked < ASKED_MAX, "the hub takes questions without an end");
    await work(client, () => {});
    await expectHealth(client);
  });
});
