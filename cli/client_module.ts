/**
 * Where programs find the client module that belongs to this `ippd`.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };

/** Names of the files of the self-extracting form, beside its program. */
const BUNDLED_MODULE = "mod.js";
const NATIVE_LOADER = "sodium_native.js";
const NATIVE_MODULE = "sodium-native/binding.js";

/**
 * Imports under which the client module is found by its published name, as in
 * an import map; `undefined` where it is not beside this program.
 *
 * @param here URL of the file that asks, or of the bundle that it is in.
 */
export function clientImports(
  here: string = import.meta.url,
): Record<string, string> | undefined {
  const source = new URL("../mod.ts", here);
  if (isFile(source)) return { ...config.imports, [config.name]: source.href };
  const bundled = new URL(BUNDLED_MODULE, here);
  if (!isFile(bundled)) return undefined;
  const loader = new URL(NATIVE_LOADER, here);
  return {
    [config.name]: bundled.href,
    ...(isFile(loader) && { [NATIVE_MODULE]: loader.href }),
  };
}

function isFile(url: URL): boolean {
  try {
    return url.protocol === "file:" && Deno.statSync(url).isFile;
  } catch {
    // Not there.
    return false;
  }
}
