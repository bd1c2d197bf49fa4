/**
 * The project's programs, bundled into few files: they start sooner, and take
 * less memory, than what they are made of.
 *
 * @module
 */
import { ROLE_PROGRAMS, runsUserCode } from "../cluster/process/mod.ts";
import { lateImports } from "./late_imports.ts";
import { runDeno } from "./run_deno.ts";

const BUNDLE_TIMEOUT_MS = 120_000;

/** The native cryptography, loaded at run time where it can be. */
const NATIVE_MODULE = "sodium-native/binding.js";
const NATIVE_LIBRARY = "sodium-native.node";
const NATIVE_LOADER_FILE = "sodium_native.js";
/** Opens the library itself: `node:module` would take 3 ms of a start. */
const NATIVE_LOADER = `const module = { exports: {} };
process.dlopen(module, \`\${import.meta.dirname}/${NATIVE_LIBRARY}\`);
export default module.exports;
`;

/**
 * Puts programs and all that they import into a folder, but for the native
 * cryptography: one file for each, and files for what they share or load only
 * when it is wanted.
 *
 * @param entries Paths from the project's folder.
 * @returns the names of the files; a program's is that of its source, with the
 * ending "js".
 * @throws {Error} when they cannot be bundled.
 */
export async function bundlePrograms(
  entries: readonly string[],
  folder: string,
): Promise<string[]> {
  const { code, stderr } = await runDeno(
    [
      ...["bundle", "--quiet", "--packages", "bundle", "--code-splitting"],
      ...["--external", NATIVE_MODULE, "--outdir", folder, ...entries],
    ],
    BUNDLE_TIMEOUT_MS,
  );
  if (code !== 0) throw new Error(`Cannot bundle ${entries}: ${stderr}`);
  for (const { name, isDirectory } of await entriesOf(folder)) {
    if (!isDirectory) continue;
    await moveUp(
      `${folder}/${name}`,
      folder,
      (text) => text.replaceAll('"../', '"./'),
    );
  }
  const names = (await entriesOf(folder)).map(({ name }) => name);
  for (const name of names) {
    const file = `${folder}/${name}`;
    await Deno.writeTextFile(file, lateImports(await Deno.readTextFile(file)));
  }
  return names.sort();
}

function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  return Array.fromAsync(Deno.readDir(folder));
}

/** Moves the programs of a folder into the one above. */
async function moveUp(
  from: string,
  to: string,
  change = (text: string): string => text,
): Promise<void> {
  for (const { name } of await entriesOf(from)) {
    const text = await Deno.readTextFile(`${from}/${name}`);
    await Deno.writeTextFile(`${to}/${name}`, change(text));
  }
  await Deno.remove(from, { recursive: true });
}

/**
 * Every program of the project, and the module of its clients. Programs share
 * files; a slot does not, because it starts a tenth sooner in one that holds
 * nothing for others. Other roles share theirs with each other alone: compiled
 * code is kept for the flags of the process that loaded it first.
 */
const ALL_PROGRAMS: readonly (readonly string[])[] = [
  ["main.ts", "mod.ts"],
  rolePrograms((role) => !runsUserCode(role)),
  rolePrograms(runsUserCode),
];

function rolePrograms(isMeant: (role: string) => boolean): string[] {
  return [...ROLE_PROGRAMS].flatMap(([role, program]) =>
    isMeant(role) ? [program] : []
  );
}

/**
 * Puts programs, all of the project by default, and what they load into a
 * folder.
 *
 * @param groups Programs that share files, and others that share theirs.
 * @returns the names of the files.
 * @throws {Error} when one cannot be bundled.
 */
export async function stagePrograms(
  folder: string,
  groups: readonly (readonly string[])[] = ALL_PROGRAMS,
): Promise<string[]> {
  const staged = new Set<string>();
  for (const [index, entries] of groups.entries()) {
    const part = `${folder}/group-${index}`;
    for (const name of await bundlePrograms(entries, part)) staged.add(name);
    await moveUp(part, folder);
  }
  const names = [...staged];
  const imports: Record<string, string> = {};
  if (await stageNativeLibrary(folder)) {
    names.push(NATIVE_LIBRARY, NATIVE_LOADER_FILE);
    imports[NATIVE_MODULE] = `./${NATIVE_LOADER_FILE}`;
  }
  // Nothing of the folders above is theirs.
  const config = { imports, lock: false, nodeModulesDir: "none" };
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
  return [...names, "deno.json"];
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
