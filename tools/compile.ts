// deno-lint-ignore-file no-console -- this program says what it makes
/**
 * `deno task compile [--smoke]`: makes `dist/ippd`, one file that runs every
 * role, and says in which of two forms: compiled by Deno, or, where the base
 * runtime for that cannot be had, self-extracting.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import config from "../deno.json" with { type: "json" };
import { runLines } from "./run_lines.ts";
import { extractorHead, PROGRAM_FILE, RUNTIME_FILE } from "./self_extractor.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const DIST = `${ROOT}dist/`;
const EXECUTABLE = `${DIST}ippd`;

/** Without a way out a download may hang; it takes seconds with one. */
const COMPILE_TIMEOUT_MS = 120_000;
const BUNDLE_TIMEOUT_MS = 120_000;

/** The program of slots, which starts faster than the whole. */
const SLOT_SOURCE = "engine/slot_program.ts";

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

/** Makes the executable by `deno compile`; `false` without a base runtime. */
async function compileByDeno(): Promise<boolean> {
  // Deno does not write over what it has not compiled, such as the other form.
  const output = `${EXECUTABLE}.compiled`;
  const args = ["compile", "-A", "--no-check", "--output", output];
  const { code, stderr } = await runDeno(
    [...args, "main.ts"],
    COMPILE_TIMEOUT_MS,
  );
  if (code === 0) {
    await Deno.rename(output, EXECUTABLE);
    return true;
  }
  if (code === undefined || /base binary|denort/i.test(stderr)) return false;
  throw new Error(`Cannot compile main.ts: ${stderr}`);
}

/** Puts the program and what it needs into a folder; gives the file names. */
async function stageFiles(folder: string): Promise<string[]> {
  const program = `${folder}/${PROGRAM_FILE}`;
  const { code, stderr } = await runDeno(
    [
      ...["bundle", "--quiet", "--packages", "bundle"],
      ...["--external", NATIVE_MODULE, "--output", program, "main.ts"],
    ],
    BUNDLE_TIMEOUT_MS,
  );
  if (code !== 0) throw new Error(`Cannot bundle main.ts: ${stderr}`);
  const files = [PROGRAM_FILE, "deno.json", RUNTIME_FILE];
  files.push(...await stageSlot(folder));
  const imports: Record<string, string> = {};
  if (await stageNativeLibrary(folder)) {
    files.push(NATIVE_LIBRARY, NATIVE_LOADER_FILE);
    imports[NATIVE_MODULE] = `./${NATIVE_LOADER_FILE}`;
  }
  await Deno.writeTextFile(
    `${folder}/deno.json`,
    JSON.stringify({ imports, lock: false, nodeModulesDir: "none" }),
  );
  await Deno.copyFile(Deno.execPath(), `${folder}/${RUNTIME_FILE}`);
  for (const file of files) {
    const mode = file === RUNTIME_FILE ? 0o755 : 0o644;
    await Deno.chmod(`${folder}/${file}`, mode);
    // The same program gives the same archive, hence the same cache folder.
    await Deno.utime(`${folder}/${file}`, 0, 0);
  }
  return files;
}

/**
 * Puts the program of slots into a folder, in several files: the parser of
 * cells is loaded when there is one. Gives the file names.
 */
async function stageSlot(folder: string): Promise<string[]> {
  const staging = `${folder}/slot`;
  const { code, stderr } = await runDeno(
    [
      ...["bundle", "--quiet", "--packages", "bundle", "--code-splitting"],
      ...["--external", NATIVE_MODULE, "--external", "libsodium-wrappers"],
      ...["--outdir", staging, SLOT_SOURCE],
    ],
    BUNDLE_TIMEOUT_MS,
  );
  if (code !== 0) throw new Error(`Cannot bundle ${SLOT_SOURCE}: ${stderr}`);
  const files: string[] = [];
  for await (const { name } of Deno.readDir(staging)) files.push(name);
  for (const file of files.sort()) {
    await Deno.rename(`${staging}/${file}`, `${folder}/${file}`);
  }
  await Deno.remove(staging);
  return files;
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

/** Makes the self-extracting executable. */
async function makeSelfExtractor(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "ippd-compile-" });
  try {
    const files = await stageFiles(folder);
    const archive = await makeArchive(folder, files);
    const digest = createHash("sha256").update(archive).digest("hex");
    const head = extractorHead({ digest, version: config.version, files });
    // A running executable cannot be written over, but it can be replaced.
    const draft = `${EXECUTABLE}.tmp`;
    await Deno.writeTextFile(draft, head, { mode: 0o755 });
    await Deno.writeFile(draft, archive, { append: true });
    await Deno.rename(draft, EXECUTABLE);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
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

/** Starts the executable with an empty cache and again with a full one. */
async function smokeTest(): Promise<void> {
  const cache = await Deno.makeTempDir({ prefix: "ippd-smoke-" });
  try {
    for (const what of ["first start", "second start"]) {
      const startedMs = performance.now();
      const { code, stdout, stderr } = await new Deno.Command(EXECUTABLE, {
        args: ["--help"],
        env: { XDG_CACHE_HOME: cache },
        cwd: cache,
        stdin: "null",
      }).output();
      const text = new TextDecoder();
      if (code !== 0 || stdout.length === 0) {
        throw new Error(`Cannot run ${EXECUTABLE}: ${text.decode(stderr)}`);
      }
      const tookMs = Math.round(performance.now() - startedMs);
      console.log(`${what}: ippd --help answered in ${tookMs} ms`);
    }
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { smoke: { type: "boolean" } } });
  await Deno.mkdir(DIST, { recursive: true });
  const isCompiled = await compileByDeno();
  if (!isCompiled) await makeSelfExtractor();
  const { size } = await Deno.stat(EXECUTABLE);
  const form = isCompiled
    ? "compiled"
    : "self-extracting, because the base runtime of deno compile is not here";
  const mebibytes = (size / 2 ** 20).toFixed(1);
  console.log(`dist/ippd: ${mebibytes} MiB, ${form}`);
  if (values.smoke) await smokeTest();
}

if (import.meta.main) await main();
