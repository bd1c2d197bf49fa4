import assert from "node:assert/strict";
import fc from "fast-check";
import { AuthenticationError, LimitError } from "../base/mod.ts";
import type { BoxCipher, CurveCrypto } from "./crypto.ts";
import { loadCurveCrypto } from "./crypto_loader.ts";
import { mayLoadNative } from "./native_addon_file.ts";
import { nativeBoxesOf } from "./native_boxes.ts";
import { NATIVE_TEXT_BYTES_MIN } from "./sodium_box_cipher.ts";
import { parseSodiumModule, SodiumHeap, STAGING_BYTES } from "./sodium_heap.ts";

const wasm = await loadCurveCrypto({ native: "off" });
const native = mayLoadNative()
  ? await loadCurveCrypto({ native: "required" })
  : undefined;
const all: readonly CurveCrypto[] = native === undefined
  ? [wasm]
  : [wasm, native];

// The vectors of "Cryptography in NaCl".
const ALICE = hex(
  "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
);
const ALICE_PUBLIC = hex(
  "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
);
const BOB = hex(
  "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
);
const BOB_PUBLIC = hex(
  "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
);
const SHARED = hex(
  "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389",
);
const NONCE = hex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37");
const MESSAGE = hex(
  "be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffc" +
    "e5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb31" +
    "0e3be8250c46f06dceea3a7fa1348057e2f6556ad6b1318a024a838f21af1fde" +
    "048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f93776384864" +
    "5e0705",
);
const BOX = hex(
  "f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce" +
    "48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c972" +
    "71d2c20f9b928fe2270d6fb863d51738b48eeee314a7cc8ab932164548e526ae" +
    "90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b3" +
    "7973f622a43d14a6599b1f654cb45a74e355a5",
);

/** Points of small order: with them every secret key shares zeros. */
const WEAK_KEYS = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map(hex);

function hex(text: string): Uint8Array {
  return Uint8Array.fromHex(text);
}

/** Boxes in one buffer, `gap` bytes between them. */
interface Batch {
  readonly buffer: Uint8Array;
  readonly boxes: Int32Array;
  readonly count: number;
}

/** A batch with different bytes everywhere. */
function batch(sizes: readonly number[], gap: number): Batch {
  const boxes = new Int32Array(2 * sizes.length);
  let end = gap;
  sizes.forEach((size, index) => {
    boxes[2 * index] = end;
    boxes[2 * index + 1] = size;
    end += 24 + size + gap;
  });
  const buffer = new Uint8Array(end);
  for (let index = 0; index < end; index++) buffer[index] = index * 31 >> 2;
  return { buffer, boxes, count: sizes.length };
}

/** The text of one box of a batch, in one of its forms. */
function textOf(
  { boxes }: Batch,
  buffer: Uint8Array,
  index: number,
): Uint8Array {
  const start = (boxes[2 * index] ?? 0) + 24;
  return buffer.subarray(start, start + (boxes[2 * index + 1] ?? 0));
}

/** What the handshake's operations make of the same batch, box by box. */
function sealedOneByOne(plain: Batch, key: Uint8Array): Uint8Array {
  const buffer = plain.buffer.slice();
  for (let index = 0; index < plain.count; index++) {
    const start = plain.boxes[2 * index] ?? 0;
    const text = start + 24;
    const end = text + (plain.boxes[2 * index + 1] ?? 0);
    const nonce = new Uint8Array(24);
    nonce.set(PREFIX);
    nonce.set(buffer.subarray(start, start + 8), 16);
    buffer.set(
      wasm.secretBox(buffer.subarray(text, end), nonce, key),
      start + 8,
    );
  }
  return buffer;
}

const PREFIX = new TextEncoder().encode("CurveZMQMESSAGEC");

function checkBatch(crypto: CurveCrypto, plain: Batch): void {
  const cipher = crypto.cipher(SHARED, PREFIX);
  const buffer = plain.buffer.slice();
  cipher.seal(buffer, plain.boxes, plain.count);
  const expected = sealedOneByOne(plain, SHARED);
  assert.equal(wasm.equal(buffer, expected), true);
  assert.equal(cipher.open(buffer, plain.boxes, plain.count), plain.count);
  // Macs stay as they are; everything else is the plain batch again.
  for (let index = 0; index < plain.count; index++) {
    const mac = (plain.boxes[2 * index] ?? 0) + 8;
    buffer.set(plain.buffer.subarray(mac, mac + 16), mac);
  }
  assert.equal(wasm.equal(buffer, plain.buffer), true);
}

for (const crypto of all) {
  Deno.test(`CurveCrypto ${crypto.name} gives NaCl's known answers`, () => {
    assert.deepEqual(crypto.publicKeyOf(ALICE), ALICE_PUBLIC);
    assert.deepEqual(crypto.publicKeyOf(BOB), BOB_PUBLIC);
    assert.deepEqual(crypto.beforeNm(BOB_PUBLIC, ALICE), SHARED);
    assert.deepEqual(crypto.beforeNm(ALICE_PUBLIC, BOB), SHARED);
    assert.deepEqual(crypto.box(MESSAGE, NONCE, BOB_PUBLIC, ALICE), BOX);
    assert.deepEqual(crypto.openBox(BOX, NONCE, ALICE_PUBLIC, BOB), MESSAGE);
    assert.deepEqual(crypto.secretBox(MESSAGE, NONCE, SHARED), BOX);
    assert.deepEqual(crypto.openSecretBox(BOX, NONCE, SHARED), MESSAGE);
    const cipher = crypto.cipher(SHARED, NONCE.subarray(0, 16));
    const buffer = new Uint8Array(24 + MESSAGE.length);
    buffer.set(NONCE.subarray(16));
    buffer.set(MESSAGE, 24);
    cipher.seal(buffer, Int32Array.of(0, MESSAGE.length), 1);
    assert.deepEqual(buffer.subarray(8), BOX);
  });

  Deno.test(`CurveCrypto ${crypto.name} refuses keys of small order`, () => {
    for (const weak of WEAK_KEYS) {
      assert.throws(() => crypto.beforeNm(weak, ALICE), AuthenticationError);
      assert.throws(
        () => crypto.box(MESSAGE, NONCE, weak, ALICE),
        AuthenticationError,
      );
      assert.equal(crypto.openBox(BOX, NONCE, weak, ALICE), undefined);
    }
  });

  Deno.test(`CurveCrypto ${crypto.name} refuses wrong lengths`, () => {
    const short = ALICE.subarray(1);
    assert.throws(() => crypto.publicKeyOf(short), RangeError);
    assert.throws(() => crypto.beforeNm(short, BOB), RangeError);
    assert.throws(() => crypto.beforeNm(BOB_PUBLIC, short), RangeError);
    assert.throws(() => crypto.secretBox(MESSAGE, short, SHARED), RangeError);
    assert.throws(() => crypto.openSecretBox(BOX, NONCE, short), RangeError);
    assert.throws(() => crypto.cipher(short, PREFIX), RangeError);
    assert.throws(() => crypto.cipher(SHARED, NONCE), RangeError);
    const tooShort = BOX.subarray(0, 15);
    assert.equal(crypto.openSecretBox(tooShort, NONCE, SHARED), undefined);
  });

  Deno.test(`BoxCipher ${crypto.name} seals as one by one`, () => {
    const size = fc.oneof(
      fc.constant(0),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({
        min: NATIVE_TEXT_BYTES_MIN - 2,
        max: NATIVE_TEXT_BYTES_MIN + 2,
      }),
      fc.integer({ min: 1000, max: 5000 }),
    );
    fc.assert(fc.property(
      fc.array(size, { maxLength: 20 }),
      fc.integer({ min: 0, max: 9 }),
      (sizes, gap) => checkBatch(crypto, batch(sizes, gap)),
    ));
  });

  Deno.test(`BoxCipher ${crypto.name} crosses the staging area`, () => {
    const half = STAGING_BYTES / 2 - 24;
    for (const delta of [-1, 0, 1]) {
      checkBatch(crypto, batch([half, half + delta, 7], 0));
      checkBatch(crypto, batch([5, STAGING_BYTES - 24 + delta, 7], 3));
    }
    checkBatch(crypto, batch(new Array(1500).fill(400), 1));
    // More than the memory has at first: it grows, and its views change.
    checkBatch(crypto, batch([100, 6 * 1024 * 1024, 100], 0));
    checkBatch(crypto, batch([100, 200], 0));
  });

  Deno.test(`BoxCipher ${crypto.name} stops at a forged box`, () => {
    const plain = batch([10, 0, 64, 600, 30, 30, 2000, 5], 2);
    const cipher = crypto.cipher(SHARED, PREFIX);
    const sealed = plain.buffer.slice();
    cipher.seal(sealed, plain.boxes, plain.count);
    for (let forged = 0; forged < plain.count; forged++) {
      const start = plain.boxes[2 * forged] ?? 0;
      const end = start + 24 + (plain.boxes[2 * forged + 1] ?? 0);
      for (const at of [start, start + 8, start + 23, end - 1]) {
        const buffer = sealed.slice();
        buffer[at] = (buffer[at] ?? 0) ^ 0x10;
        const opened = cipher.open(buffer, plain.boxes, plain.count);
        assert.equal(opened, forged);
        for (let index = 0; index < forged; index++) {
          assert.deepEqual(
            textOf(plain, buffer, index),
            textOf(plain, plain.buffer, index),
          );
        }
      }
    }
  });

  Deno.test(`BoxCipher ${crypto.name} keeps ciphers apart`, () => {
    const plain = batch([20, 700, 20], 0);
    const ciphers: BoxCipher[] = [];
    const keys = [SHARED, ALICE, BOB];
    for (const key of keys) ciphers.push(crypto.cipher(key, PREFIX));
    for (let round = 0; round < 3; round++) {
      ciphers.forEach((cipher, index) => {
        const buffer = plain.buffer.slice();
        cipher.seal(buffer, plain.boxes, plain.count);
        const expected = sealedOneByOne(plain, keys[index] ?? SHARED);
        assert.deepEqual(buffer, expected);
        const other = ciphers[(index + 1) % 3];
        assert.equal(other?.open(buffer, plain.boxes, plain.count), 0);
      });
    }
  });

  Deno.test(`BoxCipher ${crypto.name} refuses boxes outside the buffer`, () => {
    const cipher = crypto.cipher(SHARED, PREFIX);
    const buffer = new Uint8Array(100);
    const tables: readonly (readonly [readonly number[], number])[] = [
      [[-1, 10], 1],
      [[0, -1], 1],
      [[0, 77], 1],
      [[77, 0], 1],
      [[0, 10, 33, 10], 2],
      [[50, 0, 0, 0], 2],
      [[0, 2 ** 31 - 1], 1],
      [[0, 10], 2],
      [[0, 10], -1],
      [[0, 10], Number.NaN],
    ];
    for (const [boxes, count] of tables) {
      const table = Int32Array.from(boxes);
      assert.throws(() => cipher.seal(buffer, table, count), RangeError);
      assert.throws(() => cipher.open(buffer, table, count), RangeError);
    }
    assert.deepEqual(buffer, new Uint8Array(100));
  });

  Deno.test(`BoxCipher ${crypto.name} does not keep the caller's arrays`, () => {
    const key = SHARED.slice();
    const prefix = PREFIX.slice();
    const cipher = crypto.cipher(key, prefix);
    crypto.wipe(key);
    prefix.fill(0);
    const plain = batch([9, 900], 0);
    const buffer = plain.buffer.slice();
    cipher.seal(buffer, plain.boxes, plain.count);
    assert.deepEqual(buffer, sealedOneByOne(plain, SHARED));
  });
}

Deno.test("CurveCrypto makes different keys that fit together", () => {
  const one = wasm.generateKeyPair();
  const other = wasm.generateKeyPair();
  assert.notDeepEqual(one.secretKey, other.secretKey);
  assert.deepEqual(
    wasm.beforeNm(one.publicKey, other.secretKey),
    wasm.beforeNm(other.publicKey, one.secretKey),
  );
});

Deno.test("CurveCrypto randomBytes fills any length", () => {
  for (const length of [0, 1, 65_536, 65_537, 200_000]) {
    const bytes = wasm.randomBytes(length);
    assert.equal(bytes.length, length);
    if (length > 100) {
      assert.ok(bytes.subarray(-64).some((byte) => byte !== 0));
    }
  }
});

Deno.test("CurveCrypto equal compares contents", () => {
  assert.equal(wasm.equal(ALICE, ALICE.slice()), true);
  assert.equal(wasm.equal(ALICE, ALICE.subarray(1)), false);
  for (let index = 0; index < 32; index++) {
    const other = ALICE.slice();
    other[index] = (other[index] ?? 0) ^ 0x80;
    assert.equal(wasm.equal(ALICE, other), false);
  }
});

Deno.test("loadCurveCrypto loads once per option", () => {
  assert.equal(
    loadCurveCrypto({ native: "off" }),
    loadCurveCrypto({ native: "off" }),
  );
  assert.equal(loadCurveCrypto(), loadCurveCrypto({ native: "auto" }));
});

Deno.test({
  name: "mayLoadNative is false without permissions",
  permissions: "none",
  fn: () => assert.equal(mayLoadNative(), false),
});

Deno.test("parseSodiumModule refuses other modules", () => {
  for (const value of [undefined, {}, { HEAPU8: new Uint8Array(1) }]) {
    assert.throws(() => parseSodiumModule(value), TypeError);
  }
});

Deno.test("nativeBoxesOf refuses other addons", () => {
  for (const value of [undefined, {}, { crypto_secretbox_detached: 1 }]) {
    assert.throws(() => nativeBoxesOf(value), TypeError);
  }
});

Deno.test("SodiumHeap says what to do when memory is full", () => {
  const none = (): number => 0;
  assert.throws(
    () =>
      new SodiumHeap({
        memory: { HEAPU8: new Uint8Array(0) },
        malloc: none,
        free: none,
        publicKey: none,
        agree: none,
        seal: none,
        open: none,
      }),
    (error) => error instanceof LimitError && /--allow-ffi/.test(error.message),
  );
});
