/**
 * A picture of the Mandelbrot set, rendered in tiles on engines.
 *
 * @module
 */
import type { LoadBalancedView } from "../../mod.ts";
import { encodePng } from "./png.ts";

/** A part of a picture. */
export interface Tile {
  /** Its left edge, in pixels. */
  readonly left: number;
  /** Its upper edge, in pixels. */
  readonly top: number;
  /** Its width and height, in pixels. */
  readonly size: number;
  /** Width and height of the whole picture, in pixels. */
  readonly whole: number;
}

/** The tiles of a square picture. */
export function tilesOf(whole: number, size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let top = 0; top < whole; top += size) {
    for (let left = 0; left < whole; left += size) {
      tiles.push({ left, top, size, whole });
    }
  }
  return tiles;
}

/** Red, green and blue bytes of a tile. Needs nothing else, so it can ship. */
export function renderTile({ left, top, size, whole }: Tile): Uint8Array {
  const stepsMax = 200;
  const pixels = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const cx = ((left + x) / whole) * 3 - 2.2;
      const cy = ((top + y) / whole) * 3 - 1.5;
      let zx = 0;
      let zy = 0;
      let steps = 0;
      while (zx * zx + zy * zy < 4 && steps < stepsMax) {
        [zx, zy] = [zx * zx - zy * zy + cx, 2 * zx * zy + cy];
        steps++;
      }
      const light = steps === stepsMax ? 0 : Math.sqrt(steps / stepsMax);
      const at = (y * size + x) * 3;
      pixels[at] = 255 * light;
      pixels[at + 1] = 180 * light;
      pixels[at + 2] = 120 * light;
    }
  }
  return pixels;
}

/** A picture that tiles are put into. */
export class Canvas {
  readonly #whole: number;
  readonly #pixels: Uint8Array;

  /** A black square. */
  constructor(whole: number) {
    this.#whole = whole;
    this.#pixels = new Uint8Array(whole * whole * 3);
  }

  /** Puts a tile into its place. */
  put({ left, top, size }: Tile, pixels: Uint8Array): void {
    for (let y = 0; y < size; y++) {
      const row = pixels.subarray(y * size * 3, (y + 1) * size * 3);
      this.#pixels.set(row, ((top + y) * this.#whole + left) * 3);
    }
  }

  /** The picture as it is now. */
  toPng(): Uint8Array<ArrayBuffer> {
    return encodePng(this.#whole, this.#whole, this.#pixels);
  }
}

/** Renders a square picture, a tile on each engine at a time, as PNG. */
export async function renderPicture(
  view: LoadBalancedView,
  whole: number,
  size: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const tiles = tilesOf(whole, size);
  const parts = await view.map(renderTile, tiles, { chunkSize: 1 });
  const canvas = new Canvas(whole);
  tiles.forEach((tile, index) => {
    const part = parts[index];
    if (part !== undefined) canvas.put(tile, part);
  });
  return canvas.toPng();
}
