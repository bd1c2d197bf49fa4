/**
 * Loading the native half of the cryptography: an addon, found and read from
 * the disk.
 *
 * @module
 */
import { toError } from "../base/mod.ts";
import {
  checkNativeBoxes,
  type NativeBoxes,
  nativeBoxesOf,
} from "./native_boxes.ts";
import type { SodiumHeap } from "./sodium_heap.ts";

/**
 * Loads the addon, after seeing that it computes what the WebAssembly in
 * `heap` does.
 *
 * @returns Why not, as an `Error`, where it does not load.
 */
export async function loadNativeBoxes(
  heap: SodiumHeap,
): Promise<NativeBoxes | Error> {
  try {
    const module = await import("sodium-native/binding.js");
    const boxes = nativeBoxesOf(module.default);
    checkNativeBoxes(boxes, heap);
    return boxes;
  } catch (thrown) {
    return toError(thrown);
  }
}

/**
 * Whether the addon may load without a question to the user: running it needs
 * FFI, and finding the one for this system reads files.
 */
export function mayLoadNative(): boolean {
  return (["ffi", "read"] as const).every((name) =>
    Deno.permissions.querySync({ name }).state === "granted"
  );
}
