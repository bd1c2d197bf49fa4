import assert from "node:assert/strict";
import { inflateSync } from "node:zlib";
import { Cluster } from "../../mod.ts";
import { Canvas, renderPicture, renderTile, tilesOf } from "./mandelbrot.ts";
import { encodePng } from "./png.ts";

Deno.test("encodePng() writes signature, size and rows", () => {
  const png = encodePng(2, 1, Uint8Array.of(1, 2, 3, 4, 5, 6));
  const view = new DataView(png.buffer);
  assert.deepEqual([...png.subarray(1, 4)], [0x50, 0x4e, 0x47]);
  assert.deepEqual([view.getUint32(16), view.getUint32(20)], [2, 1]);
  const length = view.getUint32(33);
  const rows = inflateSync(png.subarray(41, 41 + length));
  assert.deepEqual([...rows], [0, 1, 2, 3, 4, 5, 6]);
  assert.throws(() => encodePng(2, 2, new Uint8Array(3)), /need 12/);
});

Deno.test("renderPicture() makes the picture that one tile makes", async () => {
  const [whole] = tilesOf(64, 64);
  assert.ok(whole);
  const canvas = new Canvas(64);
  canvas.put(whole, renderTile(whole));
  await using cluster = await Cluster.start({ n: 2 });
  await using client = await cluster.connect();
  const png = await renderPicture(client.loadBalancedView(), 64, 16);
  assert.deepEqual(png, canvas.toPng());
});
