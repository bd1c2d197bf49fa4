/**
 * Large values are sent on while they come: whoever is killed, or does not
 * want them any more, on whichever of the ways, nobody gets other bytes.
 *
 * @module
 */
import assert from "node:assert/strict";
import { seededRandom } from "../../base/mod.ts";
import type { Client } from "../../mod.ts";
import { type KilledRole, withFarSite } from "./killed_site.ts";

const LARGE_BYTES: number = 256 << 20;
const PROGRAM = new URL("large_client.ts", import.meta.url).pathname;
/** Within this time somebody is killed: they are somewhere on their way. */
const MOMENT_MS = 3_000;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function large(): Uint8Array {
  const bytes = new Uint8Array(LARGE_BYTES);
  new Uint32Array(bytes.buffer).forEach((_, index, words) => {
    words[index] = Math.imul(index, 2_654_435_761);
  });
  return bytes;
}

/** Says where bytes differ, without showing them all. */
function assertSame(actual: Uint8Array, expected: Uint8Array): void {
  assert.equal(actual.byteLength, expected.byteLength);
  const other = new BigUint64Array(expected.buffer);
  const words = new BigUint64Array(actual.slice().buffer);
  assert.equal(words.findIndex((word, index) => word !== other[index]), -1);
}

/** On one host, over Unix sockets, nothing is sent on before it is here. */
function assertFar({ schedulers }: Client): void {
  const endpoints = schedulers.flatMap((one) => one.endpoints);
  assert.deepEqual(endpoints.filter((one) => one.startsWith("ipc:")), []);
}

Deno.test("values of 256 MiB outlive slots and engines that are killed in their middle", async (t) => {
  const seed = Number(Deno.env.get("IPPD_SEED") ?? Date.now() % 100_000);
  const random = seededRandom(seed);
  await t.step(`with IPPD_SEED=${seed}`, async () => {
    const data = large();
    await withFarSite(async (site, client) => {
      assertFar(client);
      const view = client.loadBalancedView().with({
        retries: { max: 100, on: "engine-lost" },
      });
      const echo = (bytes: Uint8Array): Uint8Array => bytes;
      await view.apply(echo, new Uint8Array(1));
      const killed: KilledRole[] = ["slot", "engine", "slot", "engine"];
      for (const role of killed) {
        const echoed = view.apply(echo, data);
        await pause(random() * MOMENT_MS);
        await site.kill(role);
        assertSame(await echoed, data);
      }
      assert.equal(client.outstanding, 0);
    });
  });
});

Deno.test("values of 256 MiB that nobody wants any more leave others alone", async (t) => {
  const seed = Number(Deno.env.get("IPPD_SEED") ?? Date.now() % 100_000);
  const random = seededRandom(seed);
  await t.step(`with IPPD_SEED=${seed}`, async () => {
    const data = large();
    await withFarSite(async (site, client) => {
      assertFar(client);
      const view = client.loadBalancedView();
      const echo = (bytes: Uint8Array): Uint8Array => bytes;
      await view.apply(echo, new Uint8Array(1));
      for (let count = 0; count < 4; count++) {
        const unwanted = view.apply(echo, data);
        const ended = Promise.allSettled([unwanted]);
        await pause(random() * MOMENT_MS);
        unwanted.cancel();
        assert.equal(await view.apply((x: number) => x, count), count);
        await ended;
      }
      for (let count = 0; count < 3; count++) {
        const stranger = new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", PROGRAM, site.clientFile, String(LARGE_BYTES)],
          stdout: "piped",
          stderr: "inherit",
        }).spawn();
        const reader = stranger.stdout.getReader();
        await reader.read();
        await pause(random() * MOMENT_MS);
        stranger.kill("SIGKILL");
        await stranger.status;
        await reader.cancel();
        assert.equal(await view.apply((x: number) => x, count), count);
      }
      assertSame(await view.apply(echo, data), data);
    });
  });
});
