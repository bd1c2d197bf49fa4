/**
 * Keys at a leaf: what a bad engine does there hurts nobody, and a key that is
 * revoked is revoked there as well.
 *
 * @module
 */
import assert from "node:assert/strict";
import { connect } from "../../mod.ts";
import { encodeEnvelopes, type SchedulerAddress } from "../../messages/mod.ts";
import { type ConnectionInfo, readConnectionFile } from "../../security/mod.ts";
import {
  eventually,
  runIppd,
  startController,
  startIppd,
  withIppdDir,
} from "../cli/ippd_process.ts";
import { Attacker, type AttackTarget, dial } from "../hostile/attacker.ts";
import { SAMPLES } from "../hostile/samples.ts";

const ROUNDS = 20;
const TASKS = 250;

/** Where the hub sends an engine with these keys, which then leaves. */
async function leafFor(info: ConnectionInfo): Promise<AttackTarget> {
  const hub = { endpoints: info.hub, publicKey: info.publicKey };
  const { promise, resolve } = Promise.withResolvers<SchedulerAddress>();
  await using socket = await dial(info, hub, "e-scout", (message) => {
    if (message.type !== "engine_registered") return;
    const [address] = message.schedulers;
    if (address !== undefined) resolve(address);
  });
  const say = (message: typeof SAMPLES["engine_register" | "engine_leaving"]) =>
    socket.send(encodeEnvelopes([{ message, payload: [] }]));
  say(SAMPLES["engine_register"]);
  const leaf = await promise;
  say(SAMPLES["engine_leaving"]);
  return leaf;
}

Deno.test("a leaf: attacked by an engine, and told that its key is revoked", async (t) => {
  await withIppdDir(async (folder) => {
    const { process, clientFile, engineFile } = await startController(
      folder,
      "--schedulers",
      "2",
    );
    await using controller = process;
    const newKey = async (name: string): Promise<string> => {
      const out = `${folder}/${name}.json`;
      const words = ["--role", "engine", "--name", name, "--out", out];
      const { code, stderr } = await runIppd(folder, "keys", "new", ...words);
      assert.equal(code, 0, stderr);
      await controller.says(new RegExp(`key allowed name=${name}`));
      return out;
    };
    await using client = await connect(clientFile);
    const hasLeaf = async (): Promise<boolean> =>
      (await client.status()).processes.some(({ role }) => role === "leaf");
    assert.ok(await eventually(hasLeaf));
    const rackFile = await newKey("rack7");
    await using _one = startIppd(folder, "engine", "--connect", engineFile);
    await client.waitForEngines(1);
    await using _two = startIppd(folder, "engine", "--connect", rackFile);
    await client.waitForEngines(2);
    const engines = client.engines.map(({ routingId }) => routingId);

    await t.step("work goes on while it is attacked", async () => {
      const info = await readConnectionFile(await newKey("mallory"));
      const leaf = await leafFor(info);
      await using one = await dial(info, leaf, "e-mallory");
      // The routing id of somebody else.
      await using other = await dial(info, leaf, engines[0] ?? "");
      const prey = { client: "c-1", engines };
      const attacker = new Attacker([one, other], prey, 7);
      const view = client.loadBalancedView();
      const results = Array.from(
        { length: TASKS },
        (_, index) => view.apply((x: number) => x * 3, index),
      );
      for (let round = 0; round < ROUNDS; round++) {
        attacker.attack();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      assert.ok(attacker.said > 0);
      assert.deepEqual(
        await Promise.all(results),
        results.map((_, index) => index * 3),
      );
      assert.deepEqual(await client.directView([0, 1]).apply(() => 1), [1, 1]);
    });

    await t.step(
      "one whose key is revoked is gone, the other works",
      async () => {
        const info = await readConnectionFile(rackFile);
        const leaf = await leafFor(info);
        const stuck = client.at(1).apply(() => new Promise(() => {}));
        const { code, stderr } = await runIppd(
          folder,
          "keys",
          "revoke",
          "rack7",
        );
        assert.equal(code, 0, stderr);
        await assert.rejects(async () => await stuck, /revoked|left|lost/);
        const { promise, resolve } = Promise.withResolvers<Error>();
        await using _late = await dial(info, leaf, "e-late", () => {}, resolve);
        assert.match((await promise).message, /closed|refuse/i);
        assert.equal(await client.at(0).apply(() => 2), 2);
        assert.deepEqual(client.ids, [0]);
      },
    );
  });
});
