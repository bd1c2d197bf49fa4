import assert from "node:assert/strict";
import { Cluster, connect, ConnectionError } from "../../mod.ts";
import {
  formatConnectionInfo,
  readConnectionFile,
} from "../../security/mod.ts";
import { selfCommand } from "../../cluster/process/mod.ts";
import { withIppdDir } from "../cli/ippd_process.ts";

async function inIppdDir(run: () => Promise<void>): Promise<void> {
  await withIppdDir(async (folder) => {
    Deno.env.set("IPPD_DIR", folder);
    try {
      await run();
    } finally {
      Deno.env.delete("IPPD_DIR");
    }
  });
}

/** A port whose successor is free as well. */
function twoPorts(hostname: string): number {
  for (;;) {
    using first = Deno.listen({ hostname, port: 0 });
    try {
      Deno.listen({ hostname, port: first.addr.port + 1 }).close();
      return first.addr.port;
    } catch {
      // Somebody has it; another pair will do.
    }
  }
}

Deno.test("a cluster listens on two fixed ports, in IPv6 as well", async () => {
  await inIppdDir(async () => {
    for (const [ip, host] of [["127.0.0.1", "127.0.0.1"], ["::1", "[::1]"]]) {
      const port = twoPorts(ip ?? "");
      await using cluster = await Cluster.start({ n: 1, ip: ip ?? "", port });
      const { hub } = await readConnectionFile(cluster.clientFile);
      assert.deepEqual(hub, [`tcp://${host}:${port}`]);
      await using client = await cluster.connect();
      const [scheduler] = client.schedulers;
      assert.deepEqual(
        scheduler?.endpoints.filter((one) => !one.startsWith("ipc://")),
        [`tcp://${host}:${port + 1}`],
      );
      assert.equal(await client.at(0).apply(() => 7), 7);
    }
  });
});

Deno.test("a location is the first address that others try", async () => {
  await inIppdDir(async () => {
    await using cluster = await Cluster.start({
      n: 0,
      ip: "0.0.0.0",
      location: "localhost",
    });
    const { hub, location } = await readConnectionFile(cluster.clientFile);
    assert.equal(location, "localhost");
    assert.match(hub[0] ?? "", /^tcp:\/\/localhost:\d+$/);
    assert.match(hub.at(-1) ?? "", /^tcp:\/\/127\.0\.0\.1:\d+$/);
  });
});

Deno.test("an address that does not answer does not hold up the next", async () => {
  await inIppdDir(async () => {
    await using cluster = await Cluster.start({ n: 0 });
    const info = await readConnectionFile(cluster.clientFile);
    using closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = closed.addr;
    closed.close();
    const hub = [`tcp://127.0.0.1:${port}`, ...info.hub];
    await using client = await connect({ ...info, hub });
    assert.deepEqual(client.ids, []);
  });
});

Deno.test("connect() says which address failed, and at which step", async () => {
  await inIppdDir(async () => {
    await using cluster = await Cluster.start({ n: 0 });
    const info = await readConnectionFile(cluster.clientFile);
    const engineInfo = await readConnectionFile(cluster.toJSON().engineFile);
    const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const address = `tcp://127.0.0.1:${closed.addr.port}`;
    closed.close();
    const timeoutMs = 1_500;
    await assert.rejects(
      connect({ ...info, hub: [address] }, { timeoutMs }),
      (error) =>
        error instanceof ConnectionError &&
        error.message.includes(`Cannot connect to ${address}: nobody listens`),
    );
    // The hub's key is not the one that is known.
    await assert.rejects(
      connect({ ...info, publicKey: engineInfo.keys.publicKey }, { timeoutMs }),
      (error) =>
        error instanceof Error &&
        error.message.includes(info.hub[0] ?? "") &&
        /handshake|key/.test(error.message),
    );
  });
});

Deno.test("an engine takes its connection info from the environment", async () => {
  await inIppdDir(async () => {
    await using cluster = await Cluster.start({ n: 0 });
    await using client = await cluster.connect();
    const info = await readConnectionFile(cluster.toJSON().engineFile);
    const [program = "", ...args] = selfCommand("engine");
    const engine = new Deno.Command(program, {
      args,
      env: { IPPD_CONNECTION_INFO: formatConnectionInfo(info) },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await client.waitForEngines(1, { timeoutMs: 15_000 });
    const left = await client.at(0).apply(() =>
      Deno.env.get("IPPD_CONNECTION_INFO") ?? "nothing"
    );
    assert.equal(left, "nothing");
    await client.shutdown();
    assert.equal((await engine.status).code, 0);
  });
});
