/**
 * Loading the cryptography: libsodium as native code where it can be had, or
 * else as WebAssembly. Each is imported here only, and only when asked for:
 * WebAssembly takes 20 ms of a process's start and 4 MiB of its memory.
 *
 * @module
 */
import { ConnectionError } from "../base/mod.ts";
import type { CurveCrypto } from "./crypto.ts";
import { loadNativeCrypto, mayLoadNative } from "./native_addon_file.ts";
import { SodiumCrypto } from "./sodium_crypto.ts";
import { parseSodiumModule, SodiumHeap } from "./sodium_heap.ts";
import { WasmBoxCipher } from "./wasm_box_cipher.ts";

/** Options of {@linkcode loadCurveCrypto}. */
export interface CurveCryptoOptions {
  /**
   * Whether native code is used, which starts sooner and is faster than
   * WebAssembly. `auto`: where Deno's permissions `ffi` and `read` are granted
   * and it loads; `off`: never; `required`: or else loading fails.
   * @default "auto"
   */
  readonly native?: "auto" | "off" | "required";
}

type NativeMode = NonNullable<CurveCryptoOptions["native"]>;

const loads = new Map<NativeMode, Promise<CurveCrypto>>();
let wasmLoad: Promise<CurveCrypto> | undefined;

/**
 * Loads the cryptography, once per option.
 *
 * @throws {ConnectionError} when native code is required and does not load;
 * `cause` says why.
 */
export function loadCurveCrypto(
  options: CurveCryptoOptions = {},
): Promise<CurveCrypto> {
  const mode = options.native ?? "auto";
  const loaded = loads.get(mode) ?? load(mode);
  loads.set(mode, loaded);
  return loaded;
}

async function load(mode: NativeMode): Promise<CurveCrypto> {
  if (mode === "off" || (mode === "auto" && !mayLoadNative())) {
    return await (wasmLoad ??= loadWasm());
  }
  const native = await loadNativeCrypto();
  if (!(native instanceof Error)) return native;
  if (mode === "auto") return await (wasmLoad ??= loadWasm());
  throw new ConnectionError(
    "Cannot load native crypto: the addon does not load; grant --allow-ffi and --allow-read, or do not require it",
    { cause: native },
  );
}

async function loadWasm(): Promise<CurveCrypto> {
  const { default: sodium } = await import("libsodium-wrappers");
  await sodium.ready;
  const heap = new SodiumHeap(
    parseSodiumModule(Reflect.get(sodium, "libsodium")),
  );
  return new SodiumCrypto(
    "wasm",
    heap,
    (key, prefix) => new WasmBoxCipher(heap, key, prefix),
  );
}
