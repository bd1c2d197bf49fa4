// deno-lint-ignore-file no-console -- this program says what it has loaded
/**
 * Says which cryptography it finds, after making a key with it.
 *
 * @module
 */
import { loadCurveCrypto } from "../../security/mod.ts";

const crypto = await loadCurveCrypto();
console.log(crypto.name, crypto.generateKeyPair().publicKey.length);
