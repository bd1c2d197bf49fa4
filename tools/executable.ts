/**
 * Making executables of the program: by `deno compile`, or self-extracting.
 *
 * @module
 */
import { createHash } from "node:crypto";
import config from "../deno.json" with { type: "json" };
import { runDeno } from "./run_deno.ts";
import { stagePrograms } from "./programs.ts";
import {
  extractorHead,
  type PayloadFile,
  RUNTIME_FILE,
} from "./self_extractor.ts";

/** Without a way out a download may hang; it takes seconds with one. */
const COMPILE_TIMEOUT_MS = 120_000;

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

/** Puts the programs and the runtime into a folder. */
async function stageFiles(folder: string): Promise<PayloadFile[]> {
  const names = [...await stagePrograms(folder), RUNTIME_FILE];
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
