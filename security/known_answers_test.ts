import assert from "node:assert/strict";
import { loadCurveCrypto } from "./crypto_loader.ts";
import { checkKnownAnswers } from "./known_answers.ts";
import { mayLoadNative, nativeCryptoOf } from "./native_addon_file.ts";

type AddonFunction = (...args: Uint8Array[]) => unknown;

/** The addon's functions; none without the permissions to load it. */
const addon: Record<string, AddonFunction> = mayLoadNative()
  ? { ...(await import("sodium-native/binding.js")).default }
  : {};

/** A function of the addon that also says it is done when it is not. */
function saying(name: string, result: unknown): AddonFunction {
  return (...args) => {
    addon[name]?.(...args);
    return result;
  };
}

Deno.test("checkKnownAnswers lets WebAssembly pass", async () => {
  checkKnownAnswers(await loadCurveCrypto({ native: "off" }));
});

Deno.test({
  name: "nativeCryptoOf takes the addon",
  ignore: !mayLoadNative(),
  fn: () => assert.equal(nativeCryptoOf(addon).name, "native"),
});

Deno.test.each<[string, string, AddonFunction]>([
  ["computes no public keys", "crypto_scalarmult_base", () => 0],
  ["fails at public keys", "crypto_scalarmult_base", () => -1],
  ["computes no shared secrets", "crypto_scalarmult", () => 0],
  ["agrees with nobody", "crypto_scalarmult", () => -1],
  ["takes weak keys", "crypto_scalarmult", saying("crypto_scalarmult", 0)],
  ["computes no stream", "crypto_stream_salsa20", () => 0],
  ["does not seal", "crypto_secretbox_easy", () => 0],
  ["fails at sealing", "crypto_secretbox_easy", () => -1],
  ["does not open", "crypto_secretbox_open_easy", () => false],
  ["only says it opens", "crypto_secretbox_open_easy", () => true],
  [
    "opens forgeries",
    "crypto_secretbox_open_easy",
    saying("crypto_secretbox_open_easy", true),
  ],
])("nativeCryptoOf refuses an addon that %s", (_, name, broken) => {
  assert.throws(
    () => nativeCryptoOf({ ...addon, [name]: broken }),
    addon[name] === undefined ? TypeError : /does not compute|failed|agree/,
  );
});

Deno.test("nativeCryptoOf refuses other addons", () => {
  for (const value of [undefined, {}, { crypto_scalarmult_base: 1 }]) {
    assert.throws(() => nativeCryptoOf(value), /does not show/);
  }
});
