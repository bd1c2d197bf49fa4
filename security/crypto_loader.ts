/**
 * Loading the cryptography. libsodium is imported here only, and only when
 * asked for, so that processes without encryption start at once.
 *
 * @module
 */
import { ConnectionError } from "../base/mod.ts";
import type { CurveCrypto } from "./crypto.ts";
import { loadNativeBoxes, mayLoadNative } from "./native_addon_file.ts";
import { SodiumCrypto } from "./sodium_crypto.ts";
import { parseSodiumModule, SodiumHeap } from "./sodium_heap.ts";

/** Options of {@linkcode loadCurveCrypto}. */
export interface CurveCryptoOptions {
  /**
   * Whether native code works on large boxes. `auto`: where Deno's permissions
   * `ffi` and `read` are granted and it loads; `off`: never; `required`: or
   * else loading fails. @default "auto"
   */
  readonly native?: "auto" | "off" | "required";
}

type NativeMode = NonNullable<CurveCryptoOptions["native"]>;

const loads = new Map<NativeMode, Promise<CurveCrypto>>();
let heapLoad: Promise<SodiumHeap> | undefined;

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
  const heap = await (heapLoad ??= loadHeap());
  if (mode === "off" || (mode === "auto" && !mayLoadNative())) {
    return new SodiumCrypto(heap, undefined);
  }
  const native = await loadNativeBoxes(heap);
  if (!(native instanceof Error)) return new SodiumCrypto(heap, native);
  if (mode === "auto") return new SodiumCrypto(heap, undefined);
  throw new ConnectionError(
    "Cannot load native crypto: the addon does not load; grant --allow-ffi and --allow-read, or do not require it",
    { cause: native },
  );
}

async function loadHeap(): Promise<SodiumHeap> {
  const { default: sodium } = await import("libsodium-wrappers");
  await sodium.ready;
  return new SodiumHeap(parseSodiumModule(Reflect.get(sodium, "libsodium")));
}
