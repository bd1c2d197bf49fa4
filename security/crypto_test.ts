import assert from "node:assert/strict";
import fc from "fast-check";
import { AuthenticationError, LimitError } from "../base/mod.ts";
import type { BoxCipher, CurveCrypto } from "./crypto.ts";
import { loadCurveCrypto } from "./crypto_loader.ts";
import { NACL_EXAMPLE } from "./known_answers.ts";
import { mayLoadNative } from "./native_addon_file.ts";
import { parseSodiumModule, SodiumHeap, STAGING_BYTES } from "./sodium_heap.ts";

const wasm = await loadCurveCrypto({ native: "off" });
const native = mayLoadNative()
  ? await loadCurveCrypto({ native: "required" })
  : undefined;
const all: readonly CurveCrypto[] = native === undefined
  ? [wasm]
  : [wasm, native];

const ALICE = hex(NACL_EXAMPLE.aliceSecretKey);
const ALICE_PUBLIC = hex(NACL_EXAMPLE.alicePublicKey);
const BOB = hex(NACL_EXAMPLE.bobSecretKey);
const BOB_PUBLIC = hex(NACL_EXAMPLE.bobPublicKey);
const SHARED = hex(NACL_EXAMPLE.sharedKey);
const NONCE = hex(NACL_EXAMPLE.nonce);
const MESSAGE = hex(NACL_EXAMPLE.message);
const BOX = hex(NACL_EXAMPLE.box);

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

/** Bytes of any content, up to 70,000 of them. */
const anyText = fc.tuple(
  fc.oneof(
    fc.nat(200),
    fc.nat(70_000),
    fc.constantFrom(0, 1, 63, 64, 65, 65_536, 70_000),
  ),
  fc.nat(255),
).map(([length, seed]) =>
  Uint8Array.from({ length }, (_, index) => (index * 167 + seed) >> 1)
);

function anyBytes(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

/** Both implementations, each as the one that makes what the other takes. */
const pairs: readonly (readonly [CurveCrypto, CurveCrypto])[] =
  native === undefined ? [] : [[wasm, native], [native, wasm]];

for (const [one, other] of pairs) {
  const name = `CurveCrypto ${one.name} and ${other.name}`;

  Deno.test(`${name} make the same keys`, () => {
    fc.assert(fc.property(anyBytes(32), anyBytes(32), (secret, publicKey) => {
      assert.deepEqual(one.publicKeyOf(secret), other.publicKeyOf(secret));
      const pair = other.generateKeyPair();
      for (const key of [publicKey, pair.publicKey]) {
        assert.deepEqual(
          one.beforeNm(key, secret),
          other.beforeNm(key, secret),
        );
      }
    }));
  });

  Deno.test(`${name} open each other's boxes and no forgeries`, () => {
    fc.assert(fc.property(
      fc.tuple(anyBytes(32), anyBytes(32), anyBytes(24)),
      anyText,
      fc.nat(),
      ([aliceKey, bobKey, nonce], text, place) => {
        const bob = one.publicKeyOf(bobKey);
        const box = one.box(text, nonce, bob, aliceKey);
        const alice = one.publicKeyOf(aliceKey);
        assert.equal(box.length, text.length + 16);
        const opened = other.openBox(box, nonce, alice, bobKey);
        assert.ok(opened !== undefined && one.equal(opened, text));
        const at = place % box.length;
        box[at] = (box[at] ?? 0) ^ (1 << place % 8);
        assert.equal(other.openBox(box, nonce, alice, bobKey), undefined);
        const secret = one.secretBox(text, nonce, bob);
        const shown = other.openSecretBox(secret, nonce, bob);
        assert.ok(shown !== undefined && one.equal(shown, text));
      },
    ));
  });

  Deno.test(`${name} seal and open each other's runs in place`, () => {
    fc.assert(fc.property(
      fc.tuple(anyBytes(32), anyBytes(16)),
      fc.array(anyText, { minLength: 1, maxLength: 5 }),
      fc.tuple(fc.nat(9), fc.nat(9), fc.nat()),
      ([key, prefix], texts, [gap, offset, place]) => {
        const plain = batch(texts.map(({ length }) => length), gap);
        texts.forEach((text, index) =>
          textOf(plain, plain.buffer, index).set(text)
        );
        // The buffer is a part of a larger one.
        const whole = new Uint8Array(offset + plain.buffer.length + 3);
        const buffer = whole.subarray(offset, whole.length - 3);
        buffer.set(plain.buffer);
        const expected = plain.buffer.slice();
        one.cipher(key, prefix).seal(buffer, plain.boxes, plain.count);
        const opener = other.cipher(key, prefix);
        opener.seal(expected, plain.boxes, plain.count);
        assert.ok(one.equal(buffer, expected));

        const forged = place % plain.count;
        const start = plain.boxes[2 * forged] ?? 0;
        const bytes = 24 + (plain.boxes[2 * forged + 1] ?? 0);
        const at = start + place % bytes;
        expected[at] = (expected[at] ?? 0) ^ (1 << place % 8);
        assert.equal(opener.open(expected, plain.boxes, plain.count), forged);

        assert.equal(
          opener.open(buffer, plain.boxes, plain.count),
          plain.count,
        );
        texts.forEach((text, index) =>
          assert.ok(one.equal(textOf(plain, buffer, index), text))
        );
        assert.ok(whole.subarray(0, offset).every((byte) => byte === 0));
        assert.ok(whole.subarray(-3).every((byte) => byte === 0));
      },
    ));
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
