import assert from "node:assert/strict";
import { loadCurveCrypto } from "./crypto_loader.ts";
import {
  encodeKeyPair,
  fingerprint,
  parseKey,
  parseKeyPair,
} from "./key_pair.ts";

const crypto = await loadCurveCrypto({ native: "off" });

Deno.test("parseKeyPair undoes encodeKeyPair", () => {
  const pair = crypto.generateKeyPair();
  const text = encodeKeyPair(pair);
  assert.equal(text.publicKey.length, 40);
  assert.deepEqual(parseKeyPair(text, crypto), pair);
});

Deno.test("parseKeyPair refuses halves that do not belong together", () => {
  const one = encodeKeyPair(crypto.generateKeyPair());
  const other = encodeKeyPair(crypto.generateKeyPair());
  assert.throws(
    () => parseKeyPair({ ...one, publicKey: other.publicKey }, crypto),
    RangeError,
  );
});

Deno.test("parseKey never shows a key that it refuses", () => {
  const { secretKey } = encodeKeyPair(crypto.generateKeyPair());
  for (
    const text of [
      secretKey + "0",
      secretKey.slice(1),
      `,${secretKey.slice(1)}`,
    ]
  ) {
    assert.throws(() => parseKey(text), (error) => {
      assert.ok(error instanceof RangeError || error instanceof SyntaxError);
      assert.ok(!error.message.includes(text.slice(1, 10)));
      return true;
    });
  }
});

Deno.test("fingerprint shows the first eight bytes of a key", () => {
  const key = Uint8Array.from({ length: 32 }, (_, index) => index * 16 + 10);
  assert.equal(fingerprint(key), "0a1a-2a3a-4a5a-6a7a");
  assert.throws(() => fingerprint(key.subarray(1)), RangeError);
});
