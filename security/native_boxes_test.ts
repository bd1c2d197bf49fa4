import assert from "node:assert/strict";
import sodium from "libsodium-wrappers";
import { checkNativeBoxes, type NativeBoxes } from "./native_boxes.ts";
import { parseSodiumModule, SodiumHeap } from "./sodium_heap.ts";

await sodium.ready;
const heap = new SodiumHeap(
  parseSodiumModule(Reflect.get(sodium, "libsodium")),
);

/** Boxes that are right, made of WebAssembly. */
const right: NativeBoxes = {
  seal(text, mac, nonce, key) {
    const box = heap.seal(text, nonce, key);
    mac.set(box.subarray(0, 16));
    text.set(box.subarray(16));
  },
  open(text, mac, nonce, key) {
    const opened = heap.open(new Uint8Array([...mac, ...text]), nonce, key);
    if (opened !== undefined) text.set(opened);
    return opened !== undefined;
  },
};

Deno.test("checkNativeBoxes lets right boxes pass", () => {
  checkNativeBoxes(right, heap);
});

Deno.test.each<[string, Partial<NativeBoxes>]>([
  ["does not seal", { seal() {} }],
  ["does not open", { open: () => false }],
  ["opens nothing and says it did", { open: () => true }],
  ["opens forgeries", {
    open(text, mac, nonce, key) {
      right.open(text, mac, nonce, key);
      return true;
    },
  }],
])("checkNativeBoxes refuses an addon that %s", (_, broken) => {
  assert.throws(() => checkNativeBoxes({ ...right, ...broken }, heap), {
    name: "TypeError",
    message: /does not compute/,
  });
});
