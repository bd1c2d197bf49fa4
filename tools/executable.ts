/**
 * Making executables of the program: by `deno compile`, or self-extracting.
 *
 * @module
 */
import { createHash } from "node:crypto";
import config from "../deno.json" with { type: "json" };
import { runLines } from "./run_lines.ts";
import {
  extractorHead,
  type PayloadFile,
  PROGRAM_FILE,
  RUNTIME_FILE,
} from "./self_extractor.ts";

/** The folder of the project. */
export const ROOT: string = new URL("../", import.meta.url).pathname;

/** Without a way out a download may hang; it takes seconds with one. */
const COMPILE_TIMEOUT_MS = 120_000;
const BUNDLE_TIMEOUT_MS = 120_000;

/** The client module, for the programs that `ippd run` runs. */
const MODULE_FILE = "mod.js";

/** The native half of the cryptography, loaded at run time where it can be. */
const NATIVE_MODULE = "sodium-native/binding.js";
const NATIVE_LIBRARY = "sodium-native.node";
const NATIVE_LOADER_FILE = "sodium_native.js";
const NATIVE_LOADER = `import { createRequire } from "node:module";
export default createRequire(import.meta.url)("./${NATIVE_LIBRARY}");
`;

/** Runs `deno` in the project, and gives its exit code and its complaints. */
async function runDeno(
  args: readonly string[],
  timeoutMs: number,
): Promise<{ code: number | undefined; stderr: string }> {
  let stderr = "";
  const code = await runLines(Deno.execPath(), args, {
    cwd: ROOT,
    timeoutMs,
    onLine(line, stream) {
      if (stream === "stderr") stderr += `${line}\n`;
    },
  });
  return { code, stderr };
}

/**
 * Makes an executable by `deno compile`; `false` where the base runtime of
 * the target cannot be had.
 *
 * @param target Absent, this platform.
 * @throws {Error} when the program does not compile.
 */
export async function compileByDeno(
  output: string,
  target?: string,
): Promise<boolean> {
  // Deno does not write over what it has not compiled, such as the other
  // form; and for Windows it adds the ending where it is missing.
  const draft = `${output}.compiled${output.endsWith(".exe") ? ".exe" : ""}`;
  const args = ["compile", "-A", "--no-check", "--output", draft];
  if (target !== undefined) args.push("--target", target);
  const { code, stderr } = await runDeno(
    [...args, "main.ts"],
    COMPILE_TIMEOUT_MS,
  );
  if (code === 0) {
    await Deno.rename(draft, output);
    return true;
  }
  if (code === undefined || /base binary|denort/i.test(stderr)) return false;
  throw new Error(`Cannot compile main.ts: ${stderr}`);
}

/**
 * Puts a program and all that it imports into one file, but for the native
 * half of the cryptography.
 *
 * @throws {Error} when it cannot be bundled.
 */
export async function bundleProgram(
  entry: string,
  output: string,
): Promise<void> {
  const { code, stderr } = await runDeno(
    [
      ...["bundle", "--quiet", "--packages", "bundle"],
      ...["--external", NATIVE_MODULE, "--output", output, entry],
    ],
    BUNDLE_TIMEOUT_MS,
  );
  if (code !== 0) throw new Error(`Cannot bundle ${entry}: ${stderr}`);
}

/**
 * Makes the self-extracting executable for this platform.
 *
 * @throws {Error} when it cannot be made.
 */
export async function makeSelfExtractor(output: string): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ippd-compile-" });
  try {
    const files = await stageFiles(folder);
    const archive = await makeArchive(folder, files.map(({ name }) => name));
    const digest = sha256(archive);
    const head = extractorHead({ digest, version: config.version, files });
    // A running executable cannot be written over, but it can be replaced.
    const draft = `${output}.tmp`;
    await Deno.writeTextFile(draft, head, { mode: 0o755 });
    await Deno.writeFile(draft, archive, { append: true });
    await Deno.rename(draft, output);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** SHA-256 in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Puts the program and what it needs into a folder. */
async function stageFiles(folder: string): Promise<PayloadFile[]> {
  await bundleProgram("main.ts", `${folder}/${PROGRAM_FILE}`);
  await bundleProgram("mod.ts", `${folder}/${MODULE_FILE}`);
  const names = [PROGRAM_FILE, MODULE_FILE, "deno.json", RUNTIME_FILE];
  const imports: Record<string, string> = {};
  if (await stageNativeLibrary(folder)) {
    names.push(NATIVE_LIBRARY, NATIVE_LOADER_FILE);
    imports[NATIVE_MODULE] = `./${NATIVE_LOADER_FILE}`;
  }
  await Deno.writeTextFile(
    `${folder}/deno.json`,
    JSON.stringify({ imports, lock: false, nodeModulesDir: "none" }),
  );
  await Deno.copyFile(Deno.execPath(), `${folder}/${RUNTIME_FILE}`);
  return await Promise.all(names.map(async (name) => {
    const path = `${folder}/${name}`;
    await Deno.chmod(path, name === RUNTIME_FILE ? 0o755 : 0o644);
    // The same program gives the same archive, hence the same cache folder.
    await Deno.utime(path, 0, 0);
    const bytes = await Deno.readFile(path);
    return { name, bytes: bytes.length, digest: sha256(bytes) };
  }));
}

/** Takes the native library for this system; `false` where there is none. */
async function stageNativeLibrary(folder: string): Promise<boolean> {
  const { platform, arch } = (await import("node:process")).default;
  const module = new URL(import.meta.resolve(NATIVE_MODULE));
  const path = `prebuilds/${platform}-${arch}/${NATIVE_LIBRARY}`;
  try {
    await Deno.copyFile(new URL(path, module), `${folder}/${NATIVE_LIBRARY}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  await Deno.writeTextFile(`${folder}/${NATIVE_LOADER_FILE}`, NATIVE_LOADER);
  return true;
}

/** The files as a compressed archive without their owner's name. */
async function makeArchive(
  folder: string,
  files: readonly string[],
): Promise<Uint8Array> {
  const script = 'tar --format=ustar -cf - "$@" | gzip -nc';
  const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", script, "sh", ...files],
    cwd: folder,
  }).output();
  const complaint = new TextDecoder().decode(stderr);
  if (code !== 0 || complaint !== "") {
    throw new Error(`Cannot pack the executable: ${complaint}`);
  }
  return stdout;
}
